// Texts of the scripts, translated by the server, and the token that forms carry.
export const words = JSON.parse(document.getElementById('words').textContent);
export const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
export const token = () => document.querySelector('meta[name=csrf]').content;

const sprite = new URL('../vendor/tabler/icons.svg', import.meta.url).pathname;

/** An icon of the sprite as an element. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** An element with text and attributes; text never becomes markup. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const loaded = new Map();

/** Load a classic script or style sheet once. */
export function fetchOnce(path) {
  const address = new URL(path, import.meta.url).href;
  if (!loaded.has(address)) {
    loaded.set(
      address,
      new Promise((done, fail) => {
        const node = path.endsWith('.css')
          ? make('link', { rel: 'stylesheet', href: address })
          : make('script', { src: address });
        node.onload = done;
        node.onerror = () => fail(new Error(address));
        document.head.append(node);
      }),
    );
  }
  return loaded.get(address);
}

/** Send JSON with the session's token; answers {ok, status, body}. */
export async function send(address, data, method = 'POST') {
  const answer = await fetch(address, {
    method,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token() },
    body: JSON.stringify(data),
  });
  const text = await answer.text();
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    body = { message: text.slice(0, 200) };
  }
  return { ok: answer.ok, status: answer.status, body };
}

/** Say something on the page one goes to next. */
export function sayThere(text) {
  sessionStorage.setItem('note', text);
}

/** A short note at the edge of the page. */
export function toast(text) {
  const note = make('div', { class: 'toast-note' }, icon('circle-check'), make('span', {}, text));
  document.getElementById('toasts')?.append(note);
  setTimeout(() => note.remove(), 6000);
}
