// Forms by form-js: checked here at once and on the server for certain; drafts are kept while one types.
import { fetchOnce, make, say, sayThere, send, token, words } from './words.js';

const forms = new WeakMap();
const DRAFT_AFTER = 900;

async function library() {
  await fetchOnce('../vendor/form-js/form-viewer.min.js');
  return window.FormViewer;
}

const tell = (host, text, bad = false) => {
  const state = host.parentElement.querySelector('[data-form-state]');
  if (state) {
    state.textContent = text;
    state.classList.toggle('is-bad', bad);
  }
};

function complain(host, body) {
  const note = host.parentElement.querySelector('[data-form-error]');
  if (!note) return;
  note.hidden = !body;
  if (!body) return;
  note.lastElementChild.replaceChildren(
    make('b', {}, body.title || ''),
    ' ',
    body.message || '',
    ' ',
    make('code', {}, body.code || ''),
    ' ',
    body.fix || '',
  );
}

/** A field's place in the data as the server writes it: ``people[1].name``. */
const written = (path) => path.map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at ? '.' : ''}${step}`)).join('');

/** The server's complaints by place, shown at the fields; in a repeating list at the row they are about. */
function mark(form, fields) {
  const registry = form.get('formFieldRegistry'),
    errors = {};
  for (const { id, valuePath, indexes } of form.get('formFieldInstanceRegistry').getAll()) {
    const said = fields[written(valuePath ?? [])] ?? fields[registry.get(id)?.key];
    if (!said) continue;
    let place = errors,
      name = id;
    for (const row of Object.values(indexes ?? {})) {
      place = place[name] ??= {}; // form-js keeps the errors of rows by their numbers
      name = row;
    }
    place[name] = said;
  }
  form._setState({ errors });
  return Object.keys(errors).length;
}

function focusFirst(host) {
  requestAnimationFrame(() => host.querySelector('.fjs-has-errors :is(input, textarea, select, [tabindex])')?.focus());
}

/** Put our own words where form-js has only English ones. */
function reword(form) {
  const validator = form.get('validator'),
    check = validator.validateFieldInstance.bind(validator);
  validator.validateFieldInstance = (instance, value) =>
    check(instance, value).map((text) => (text === 'Field is required.' ? words.required : text));
}

function keepDrafts(host, form) {
  const address = host.dataset.draft;
  if (!address) return;
  let waiting = null,
    last = JSON.stringify(form._getSubmitData());
  const save = async () => {
    const data = form._getSubmitData(),
      now = JSON.stringify(data);
    if (now === last || !host.isConnected) return;
    last = now;
    tell(host, words.saving);
    try {
      const answer = await send(address, data);
      tell(host, answer.ok ? words.saved : say('unsaved', { why: answer.body?.message ?? answer.status }), !answer.ok);
    } catch {
      tell(host, words.offline, true);
    }
  };
  form.on('changed', () => {
    clearTimeout(waiting);
    waiting = setTimeout(save, DRAFT_AFTER);
  });
  host.addEventListener('crmflow:done', () => clearTimeout(waiting));
}

const PICKED = 'files::';

/** Send the chosen files first; the data then names what the server kept. Files kept earlier stay as they are. */
async function sendFiles(host, form, data, files, errors) {
  const known = JSON.parse(host.querySelector('.form-data').textContent);
  const walk = async (value, before, path) => {
    if (typeof value === 'string' && value.startsWith(PICKED)) {
      const kept = [];
      for (const file of files?.get(value) ?? []) {
        const address = `${host.dataset.files}?field=${encodeURIComponent(path)}&name=${encodeURIComponent(file.name)}`;
        const answer = await fetch(address, {
          method: 'POST',
          headers: { 'Content-Type': file.type || 'application/octet-stream', Accept: 'application/json', 'X-CSRFToken': token() },
          body: file,
        });
        const body = await answer.json().catch(() => ({ message: String(answer.status) }));
        if (answer.ok) kept.push(body);
        else Object.assign(errors, body.fields ?? { [path]: [body.message] });
      }
      return kept.length > 1 ? kept : (kept[0] ?? null);
    }
    if (value === '' && isFile(before)) return before;
    if (Array.isArray(value)) {
      const rows = [];
      for (const [at, row] of value.entries()) rows.push(await walk(row, before?.[at], `${path}[${at}]`));
      return rows;
    }
    if (value && typeof value === 'object') {
      const made = {};
      for (const [key, one] of Object.entries(value)) made[key] = await walk(one, before?.[key], path ? `${path}.${key}` : key);
      return made;
    }
    return value;
  };
  return walk(data, known, '');
}

const isFile = (value) => (Array.isArray(value) ? value.length > 0 && value.every(isFile) : Boolean(value?.id && 'size' in value));

async function finish(host, form, button) {
  const sent = form.submit(),
    errors = sent.errors;
  if (Object.keys(errors).length) {
    tell(host, words.check, true);
    focusFirst(host);
    return;
  }
  host.dispatchEvent(new Event('crmflow:done'));
  button.disabled = true;
  complain(host, null);
  let data = sent.data;
  if (host.dataset.files && host.querySelector('.form-schema').textContent.includes('"filepicker"')) {
    const wrong = {};
    tell(host, words.saving);
    try {
      data = await sendFiles(host, form, data, sent.files, wrong);
    } catch {
      tell(host, words.offline, true);
      button.disabled = false;
      return;
    }
    if (Object.keys(wrong).length) {
      mark(form, wrong);
      tell(host, Object.values(wrong).flat()[0] ?? words.check, true);
      button.disabled = false;
      return;
    }
  }
  let address = host.dataset.complete;
  const key = host.parentElement.querySelector('[data-business-key]')?.value;
  if (key) address += `&business_key=${encodeURIComponent(key)}`;
  try {
    // One form for many tasks: the same data for each of them.
    const many = host.dataset.many?.split(' ');
    const answer = await send(address, many ? { action: 'complete', tasks: many, data } : data);
    if (answer.ok && many) {
      location.assign(answer.body.address);
      return;
    }
    if (answer.ok) {
      document.dispatchEvent(new CustomEvent('crmflow:finished', { cancelable: true, detail: answer.body })) &&
        go(answer.body);
      return;
    }
    complain(host, answer.body);
    if (answer.body?.fields && mark(form, answer.body.fields)) {
      tell(host, words.check, true);
      focusFirst(host);
    }
  } catch {
    tell(host, words.offline, true);
  } finally {
    button.disabled = false;
  }
}

/** One form for many tasks, tried out: what would become of each is shown below it; what is filled in stays. */
async function attempt(host, form, button) {
  const sent = form.submit(),
    place = host.parentElement.querySelector('[data-tried]');
  if (Object.keys(sent.errors).length) {
    tell(host, words.check, true);
    focusFirst(host);
    return;
  }
  button.disabled = true;
  complain(host, null);
  try {
    const answer = await fetch(host.dataset.try, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token() },
      body: JSON.stringify({ action: 'complete', tasks: host.dataset.many.split(' '), data: sent.data }),
    });
    if (answer.ok) place.innerHTML = await answer.text();
    else complain(host, { message: String(answer.status) });
  } catch {
    tell(host, words.offline, true);
  } finally {
    button.disabled = false;
  }
}

/** On to the next task, or to the inbox, with a word about what was done. */
export function go(body) {
  sayThere(body.note);
  location.assign(body.next ?? body.address);
}

async function mount(host) {
  const Viewer = await library();
  const read = (name) => JSON.parse(host.querySelector(name).textContent);
  const schema = read('.form-schema'),
    data = read('.form-data');
  const place = make('div');
  host.append(place);
  const form = Viewer.Form
    ? new Viewer.Form({ container: place })
    : await Viewer.createForm({ container: place, schema: { type: 'default', components: [] } });
  try {
    await form.importSchema(schema, data);
  } catch (error) {
    tell(host, say('noForm', { why: error.message }), true);
    return;
  }
  reword(form);
  forms.set(host, form);
  setTimeout(() => {
    host.dataset.ready = '1';
  }, 350); // form-js settles its fields in a second pass
  const readonly = 'readonly' in host.dataset;
  if (readonly) {
    form.setProperty('disabled', true);
    return;
  }
  keepDrafts(host, form);
  const button = host.parentElement.querySelector('[data-done]');
  button?.addEventListener('click', () => finish(host, form, button));
  const tries = host.parentElement.querySelector('[data-attempt]');
  tries?.addEventListener('click', () => attempt(host, form, tries));
  place.addEventListener('submit', (event) => {
    event.preventDefault();
    button?.click();
  });
}

export function mountAll(root = document) {
  root.querySelectorAll('[data-form]:not([data-mounted])').forEach((host) => {
    host.dataset.mounted = '1';
    mount(host);
  });
}
