// Mentions while one writes: "@" opens a list of people below the text; arrows, Enter, Tab and Escape do the rest.
import { make } from './words.js';

const WORD = /(?:^|[^A-Za-z0-9._-])[@＠]([\p{L}\p{N}_.+-]{0,60})$/u; // as the engine reads it: Chinese needs no space before
const MOST = 8;
let list = null; // the open listbox; its text is list.area
let asked = ''; // what was asked of the server last: a late answer to an older question is dropped

const typed = (area) => area.selectionStart === area.selectionEnd && area.value.slice(0, area.selectionStart).match(WORD);

function fitting(area, word) {
  const wanted = word.toLowerCase();
  const people = [...document.getElementById(area.dataset.mentions).options].map((one) => ({ login: one.value, name: one.textContent }));
  const begins = ({ login, name }) => login.toLowerCase().startsWith(wanted) || name.toLowerCase().startsWith(wanted);
  const holds = ({ login, name }) => login.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted);
  return [...people.filter(begins), ...people.filter((one) => !begins(one) && holds(one))].slice(0, MOST);
}

function close() {
  if (!list) return;
  for (const name of ['role', 'aria-expanded', 'aria-controls', 'aria-activedescendant', 'aria-haspopup']) list.area.removeAttribute(name);
  list.remove();
  list = null;
}

function point(option) {
  list.querySelector('[aria-selected=true]')?.setAttribute('aria-selected', 'false');
  option.setAttribute('aria-selected', 'true');
  option.scrollIntoView({ block: 'nearest' });
  list.area.setAttribute('aria-activedescendant', option.id);
}

function show(area) {
  const word = typed(area)?.[1];
  const people = word === undefined ? [] : fitting(area, word);
  close();
  if (word && people.length < MOST) seek(area, word);
  if (!people.length) return;
  const options = people.map(({ login, name }, at) =>
    make('li', { role: 'option', id: `mention-${at}`, 'aria-selected': 'false', 'data-login': login }, make('b', {}, name), ` @${login}`),
  );
  list = make('ul', { role: 'listbox', id: 'mention-list', class: 'mentions', 'aria-label': area.dataset.mentionsLabel }, ...options);
  list.area = area;
  area.after(list);
  const told = { role: 'combobox', 'aria-expanded': 'true', 'aria-controls': list.id, 'aria-haspopup': 'listbox' };
  for (const [name, value] of Object.entries(told)) area.setAttribute(name, value);
  point(options[0]);
}

// Of very many people the page knows the first ones; the others are asked for as one types, and then known.
async function seek(area, word) {
  const known = document.getElementById(area.dataset.mentions);
  if (!known.dataset.more || asked === word) return;
  asked = word;
  await new Promise((done) => setTimeout(done, 150));
  if (asked !== word) return;
  const answer = await fetch(`${known.dataset.more}&q=${encodeURIComponent(word)}`, { headers: { 'HX-Request': 'true' } });
  if (!answer.ok || asked !== word) return;
  const found = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelectorAll('option');
  const there = new Set([...known.options].map((one) => one.value));
  known.append(...[...found].filter((one) => !there.has(one.value)));
  if (typed(area)?.[1] === word && document.activeElement === area) show(area);
}

function choose(option) {
  const { area } = list;
  const start = area.selectionStart - typed(area)[1].length;
  area.setRangeText(`${option.dataset.login} `, start, area.selectionStart, 'end');
  close();
  area.focus();
}

function step(by) {
  const options = [...list.children];
  const at = options.findIndex((one) => one.getAttribute('aria-selected') === 'true');
  point(options[(at + by + options.length) % options.length]);
}

document.addEventListener('input', (event) => {
  if (event.target.matches('[data-mentions]') && !event.isComposing) show(event.target);
});
document.addEventListener('compositionend', (event) => event.target.matches('[data-mentions]') && show(event.target));
document.addEventListener(
  'keydown',
  (event) => {
    if (!list || event.target !== list.area || event.isComposing) return;
    const act = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Enter: () => choose(list.querySelector('[aria-selected=true]')),
      Tab: () => choose(list.querySelector('[aria-selected=true]')),
      Escape: close,
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  },
  true,
);
document.addEventListener('pointerdown', (event) => {
  const option = event.target.closest('#mention-list [role=option]');
  if (option) event.preventDefault(); // the text keeps its caret
  if (option) choose(option);
  else if (list && event.target !== list.area) close();
});
document.addEventListener('focusout', (event) => list && event.target === list.area && close());
document.addEventListener('selectionchange', () => list && document.activeElement === list.area && !typed(list.area) && close());
