// Many tasks at once, filters, and the keys for both; mentions while one writes.
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

document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-save-open]')) return;
  const form = event.target.closest('form');
  form.querySelectorAll('[data-with-save]').forEach((node) => {
    node.disabled = false;
  });
  const name = form.querySelector('#f-name');
  name.required = true;
  name.focus();
  event.target.closest('[data-save-open]').hidden = true;
});

function tick() {
  const row = document.activeElement?.closest('.task-item') ?? document.querySelector('.task-row[aria-current]')?.closest('.task-item');
  row?.querySelector('.task-tick')?.click();
}

function tab(name) {
  const chosen = document.getElementById(`tab-${name}`);
  chosen?.click();
  chosen?.focus();
}

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
