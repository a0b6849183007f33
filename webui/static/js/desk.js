// Many tasks at once, filters, and the keys for both; mentions while one writes.
import './mentions.js';

const ticks = () => [...document.querySelectorAll('.task-tick:checked')];

function told() {
  const go = document.querySelector('[data-many-go]');
  if (!go) return;
  const number = ticks().length;
  go.hidden = number === 0;
  go.querySelector('[data-many-count]').textContent = number || '';
}

/** Ticks survive the list being shown anew. */
const kept = new Set();
document.addEventListener('change', (event) => {
  if (!event.target.matches('.task-tick')) return;
  if (event.target.checked) kept.add(event.target.value);
  else kept.delete(event.target.value);
  told();
});
document.addEventListener('crmflow:shown', () => {
  document.querySelectorAll('.task-tick').forEach((tick) => {
    tick.checked = kept.has(tick.value);
  });
  told();
});

/** What the sheet's fields say goes with the name it is saved under. */
document.addEventListener('submit', (event) => {
  if (event.target.id !== 'filter-save') return;
  event.target.querySelectorAll('[data-copied]').forEach((node) => node.remove());
  for (const [name, value] of new FormData(document.getElementById('filter-form'))) {
    if (!value) continue;
    const copy = Object.assign(document.createElement('input'), { type: 'hidden', name, value });
    copy.dataset.copied = '';
    event.target.append(copy);
  }
});
document.querySelector('#filter-save details')?.addEventListener('toggle', (event) => {
  if (event.target.open) document.getElementById('f-name').focus();
});
document.querySelector('dialog[data-wrong]')?.showModal();
document.querySelector('dialog[data-wrong] [aria-invalid]')?.focus();

function tick() {
  const row = document.activeElement?.closest('.task-item') ?? document.querySelector('.task-row[aria-current]')?.closest('.task-item');
  row?.querySelector('.task-tick')?.click();
}

function tab(name) {
  const chosen = document.getElementById(`tab-${name}`);
  chosen?.click();
  chosen?.focus();
}

/** A sub-task that is taken away takes the focus with it: it goes to where the next one is written. */
let gone = false;
document.addEventListener('htmx:afterSettle', () => {
  if (gone && document.activeElement === document.body) document.getElementById('todo-text')?.focus();
  gone = false;
});
document.addEventListener('htmx:beforeRequest', (event) => {
  gone = Boolean(event.target.querySelector?.('.todo-drop'));
});

const press = (selector) => document.querySelector(selector)?.click();
/** Keys of what stands around a task; the inbox has its own (j, k, c, e, /). */
export const KEYS = {
  x: tick,
  X: () => press('[data-many-go]:not([hidden])'),
  f: () => press('[data-filter-key]'),
  s: () => press('[data-later-key]'),
  d: () => press('[data-delegate-key]'),
  r: () => press('.task-acts a[href$="/reassign"]'),
  u: () => press('.task [data-act="release"] button'),
  m: () => tab('desk'),
  h: () => tab('history'),
};
