// The Rules room: the table, the try-it panel that answers while one types, the check, real cases, publishing.
import { Sheet } from './rules-table.js';
import { make, sayThere, send, token } from './words.js';

const desk = document.querySelector('[data-rules]'),
  at = (name) => document.querySelector(`[data-${name}]`);
const words = JSON.parse(document.getElementById('rules-words').textContent);
const editable = 'editable' in desk.dataset,
  version = Number(desk.dataset.version);
const draftKey = `rules:${desk.dataset.login}:${desk.dataset.key}`; // others use this browser, too
const state = { edited: false, given: {}, decision: '', base: Number(desk.dataset.base), asked: 0, said: '', cut: false, reason: '' };

const later = (wait, act) => {
  let timer = null;
  return (...how) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...how), wait);
  };
};

function trouble(...told) {
  const note = at('trouble');
  note.hidden = !told[0];
  note.lastElementChild.replaceChildren(...told);
}

/** Nothing can be asked any more: say so, and keep what was edited. */
function cutOff(...told) {
  state.cut = true;
  trouble(...told);
  at('trouble').scrollIntoView({ block: 'nearest' });
  store();
}

/** The session has ended (or is another one): the way back is through the log-in page, the draft waits here. */
const strange = (status, text) => status === 401 || (status === 403 && text.includes('CRM-315'));

function loggedOut() {
  const again = make('a', { href: `${desk.dataset.loginPage}?next=${encodeURIComponent(location.pathname + location.search)}` }, words.logIn);
  cutOff(editable ? words.loggedOut : words.loggedOutOnly, ' ', again);
}

/** Ask for a part of the page; what was edited goes along. Where nobody answers, ``gone`` is set and it has been said. */
async function part(name, body = {}) {
  const edited = state.edited || !version ? { xml: await sheet.xml() } : { version };
  let answer, html;
  try {
    answer = await fetch(desk.dataset[name], {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'text/html', 'HX-Request': 'true', 'X-CSRFToken': token() },
      body: JSON.stringify({ ...edited, ...body }),
    });
    html = await answer.text();
  } catch {
    cutOff(words.offline);
    return { gone: true };
  }
  if (strange(answer.status, html)) {
    loggedOut();
    return { gone: true };
  }
  if (state.cut) {
    state.cut = false;
    trouble(state.said);
  }
  return { ok: answer.ok, html };
}

const fill = (place, html) => {
  place.innerHTML = html;
};

// --- trying ---------------------------------------------------------------------------------------

const inputs = () => [...desk.querySelectorAll('[data-path]')];

function remember() {
  for (const field of inputs()) {
    if (field.value === '') delete state.given[field.dataset.path];
    else state.given[field.dataset.path] = field.value;
  }
}

/** Draw the fields of a decision; what was given stays. */
async function fields(decision) {
  const turn = ++state.asked;
  const { html, gone } = await part('fields', { decision });
  if (gone || turn !== state.asked) return;
  const focus = document.activeElement?.dataset?.path;
  fill(at('fields-here'), html);
  state.decision = at('decision')?.value ?? '';
  for (const field of inputs()) {
    const value = state.given[field.dataset.path];
    if (value !== undefined && value !== null) field.value = String(value);
    if (field.value && field.closest('details')) field.closest('details').open = true;
    if (field.dataset.path === focus) field.focus();
  }
}

async function decide() {
  if (!state.decision) return;
  const turn = ++state.asked;
  const { html, gone } = await part('try', { decision: state.decision, inputs: state.given });
  if (gone || turn !== state.asked) return;
  fill(at('result'), html);
  const told = at('result').querySelector('[data-trace]');
  if (told) sheet.mark(JSON.parse(told.textContent));
  else sheet.unmark();
  at('legend').hidden = !told;
}

const decideSoon = later(350, decide);

/** Take values from a finding or a case, and decide. */
async function take({ decision, given, rules, owner }) {
  if (Object.keys(given).length) {
    state.given = { ...given };
    for (const field of inputs()) field.value = '';
    await fields(decision || state.decision);
    document.getElementById('tab-try').click();
    await decide();
  }
  await sheet.show(decision || owner);
  if (rules.length) {
    sheet.point(decision || owner, rules);
    at('legend').hidden = false;
  }
  at('canvas').scrollIntoView({ block: 'nearest' });
}

desk.addEventListener('input', (event) => {
  if (!event.target.closest('[data-path]')) return;
  remember();
  decideSoon();
});
desk.addEventListener('change', async (event) => {
  if (!event.target.matches('select[data-decision]')) return;
  remember();
  const decision = event.target.value;
  await sheet.show(decision);
  await fields(decision);
  decide();
});
at('try-form').addEventListener('submit', (event) => {
  event.preventDefault();
  remember();
  decide();
});
desk.addEventListener('click', (event) => {
  if (event.target.closest('[data-clear]')) {
    state.given = {};
    for (const field of inputs()) field.value = '';
    at('result').replaceChildren();
    sheet.unmark();
    at('legend').hidden = true;
  }
  if (event.target.closest('[data-unmark]')) {
    sheet.unmark();
    at('legend').hidden = true;
  }
  const example = event.target.closest('[data-example]');
  if (example) {
    const { decision, owner, given, rules } = example.dataset;
    take({ decision, owner, given: JSON.parse(given), rules: JSON.parse(rules) });
  }
});

// --- check and cases --------------------------------------------------------------------------------

async function check() {
  const { html, gone } = await part('check');
  if (gone) return; // the check comes with the next change
  fill(at('check-here'), html);
  const count = Number(at('check-here').querySelector('[data-count]')?.dataset.count ?? 0);
  at('check-count').hidden = !count;
  at('check-count').textContent = count;
}

const checkSoon = later(900, check);

document.getElementById('tab-cases')?.addEventListener('click', async () => {
  const { html, gone } = await part('cases', { decision: '' });
  if (!gone) fill(at('cases-here'), html);
});

// --- editing ----------------------------------------------------------------------------------------

function edited(on) {
  state.edited = on;
  at('edited').hidden = !on;
  if (!editable) return;
  at('undo-all').hidden = !on;
  at('publish').disabled = state.locked || (!on && version > 0);
}

async function store() {
  if (!state.edited) return;
  try {
    const xml = await sheet.xml();
    localStorage.setItem(draftKey, JSON.stringify({ base: state.base, xml }));
    desk.dataset.kept = String(xml.length);
  } catch {
    // A full or forbidden store: the page itself still holds the changes.
  }
}

const keep = later(500, store);

const follow = later(600, async () => {
  const decision = sheet.decision || state.decision;
  await fields(decision);
  if (Object.keys(state.given).length) decide();
  check();
});

function changed() {
  edited(true);
  keep();
  follow();
}

function shown(decision) {
  if (decision && decision !== state.decision && state.decision) {
    remember();
    fields(decision).then(() => Object.keys(state.given).length && decideSoon());
  }
}

function lock(text) {
  state.locked = true;
  state.said = text;
  trouble(text);
}

function drop() {
  localStorage.removeItem(draftKey);
  state.edited = false;
  location.reload();
}

function draft() {
  try {
    return JSON.parse(localStorage.getItem(draftKey) ?? 'null');
  } catch {
    return null;
  }
}

addEventListener('beforeunload', (event) => {
  if (state.edited && !draft()) event.preventDefault();
});
at('draft-drop')?.addEventListener('click', drop);
at('undo-all')?.addEventListener('click', drop);

// --- publishing -------------------------------------------------------------------------------------

async function preview() {
  const dialog = at('publish-dialog');
  const { ok, html, gone } = await part('preview', { xml: await sheet.xml(true) });
  if (gone) return;
  fill(at('preview-here'), html);
  if (!ok) at('preview-here').append(make('div', { class: 'acts' }, make('button', { type: 'button', class: 'btn', 'data-close': '' }, words.goOn)));
  const reason = document.getElementById('publish-why');
  if (reason) reason.value = state.reason; // typed before, and refused
  if (!dialog.open) dialog.showModal();
}

async function publish(form) {
  const place = at('publish-trouble'),
    button = form.querySelector('.btn-primary');
  button.disabled = true;
  state.reason = form.elements.reason.value;
  try {
    const body = { xml: await sheet.xml(true), base: state.base, reason: form.elements.reason.value };
    const answer = await send(desk.dataset.publishTo, body);
    if (answer.ok) {
      localStorage.removeItem(draftKey);
      state.edited = false;
      sayThere(answer.body.note);
      location.assign(answer.body.address);
      return;
    }
    if (strange(answer.status, JSON.stringify(answer.body))) {
      at('publish-dialog').close();
      loggedOut();
    } else complain(place, answer.body ?? {}, form);
  } catch {
    place.textContent = words.offline;
  }
  button.disabled = false;
}

/** Somebody else was first: say who, show what changed, and let this one go on top if that is meant. */
function complain(place, body, form) {
  const note = make('div', { class: 'note note-bad' }, make('b', {}, body.title ?? ''), ' ', body.message ?? '', ' ');
  if (body.original) note.append(make('span', { class: 'quiet', lang: 'en' }, body.original), ' ');
  note.append(make('code', {}, body.code ?? ''), ' ', body.fix ?? '');
  if (body.code === 'CRM-240' && body.version) {
    const seen = make('a', { class: 'btn btn-sm', target: '_blank', href: `${desk.dataset.diff}?before=${state.base}&after=${body.version}` }, words.changes);
    const on = make('button', { type: 'button', class: 'btn btn-sm' }, words.onTop.replace('{n}', body.version));
    on.addEventListener('click', () => {
      state.base = body.version;
      publish(form);
    });
    note.append(make('div', { class: 'acts' }, seen, on));
  }
  place.replaceChildren(note);
}

at('publish')?.addEventListener('click', preview);
document.addEventListener('submit', (event) => {
  if (!event.target.matches('[data-publish-form]')) return;
  event.preventDefault();
  publish(event.target);
});

// --- beginning --------------------------------------------------------------------------------------

const sheet = new Sheet(at('canvas'), at('views'), { editable, graph: words.graph, changed, shown });

async function begin() {
  localStorage.removeItem(`rules:${desk.dataset.key}`); // drafts of earlier releases do not say whose they are
  const text = await (await fetch(desk.dataset.xml)).text();
  const kept = editable ? draft() : null;
  await sheet.start();
  try {
    const lost = await sheet.open(kept?.xml ?? text);
    if (lost.length && editable) {
      lock(words.locked.replace('{why}', lost[0].message)); // saving would drop what the editor does not know
    }
  } catch (error) {
    lock(words.notDrawn.replace('{why}', error.message));
  }
  if (kept) {
    state.base = kept.base; // others may have published since: the conflict is told when this is
    edited(true);
    at('draft-note').hidden = false;
  }
  await fields(sheet.decision);
  desk.dataset.ready = '1';
  check();
}

begin();
