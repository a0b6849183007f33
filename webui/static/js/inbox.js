// The inbox: task beside the list, keys, and a poll that never moves what one reads.
import { go, mountAll } from './form.js';
import { KEYS as MORE } from './desk.js';
import { drawAll } from './diagram.js';
import { shown } from './shown.js';
import { toast, words } from './words.js';

const POLL_EVERY = 15000;
const list = document.getElementById('inbox-list');
const pane = document.getElementById('pane');
const fresh = document.getElementById('fresh');
let waiting = null,
  tag = null,
  current = null,
  turn = 0; // an answer that something newer has overtaken is not shown

const wide = () => pane && getComputedStyle(pane).display !== 'none';
const rows = () => [...(list?.querySelectorAll('.task-row') ?? [])];
const ids = () => list.querySelector('.inbox-part')?.dataset.ids ?? '';

function select(id) {
  current = id;
  rows().forEach((row) => row.toggleAttribute('aria-current', row.dataset.task === id));
  rows()
    .filter((row) => row.dataset.task === id)
    .forEach((row) => row.setAttribute('aria-current', 'true'));
}

async function open(id, focus = false) {
  select(id);
  const mine = ++turn;
  const answer = await fetch(`/tasks/${encodeURIComponent(id)}`, {
    headers: { 'HX-Request': 'true', Accept: 'text/html' },
  });
  if (answer.headers.get('HX-Redirect')) {
    location.assign(answer.headers.get('HX-Redirect'));
    return;
  }
  const text = await answer.text();
  if (mine !== turn) return;
  pane.innerHTML = text;
  pane.scrollTop = 0;
  htmx.process(pane);
  shown(pane);
  mountAll(pane);
  drawAll(pane);
  const address = new URL(location);
  address.searchParams.set('task', id);
  history.replaceState(null, '', address);
  if (focus) pane.querySelector('h1')?.focus({ preventScroll: true });
}

function apply(html) {
  const top = list.scrollTop;
  const focused = document.activeElement?.dataset?.task;
  list.innerHTML = html;
  list.scrollTop = top;
  fresh.hidden = true;
  waiting = null;
  if (current) select(current);
  if (focused) list.querySelector(`[data-task="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  document.dispatchEvent(new Event('crmflow:shown'));
}

function counts(part) {
  const numbers = JSON.parse(part?.dataset.counts ?? '{}');
  document.querySelectorAll('[data-count]').forEach((node) => {
    const number = numbers[node.dataset.count];
    node.textContent = number > 999 ? '999+' : number || '';
  });
  const late = document.getElementById('overdue');
  if (late) late.hidden = !numbers.overdue;
}

/** Fetch the list; unchanged lists cost a 304. New rows wait behind a button while one reads. */
async function poll(now = false) {
  if (!list?.dataset.poll || (document.hidden && !now)) return;
  const answer = await fetch(list.dataset.poll, {
    headers: { 'HX-Request': 'true', ...(tag ? { 'If-None-Match': tag } : {}) },
    cache: 'no-store',
  }).catch(() => null);
  if (!answer || answer.status === 304 || !answer.ok) return;
  tag = answer.headers.get('ETag');
  const html = await answer.text();
  const part = new DOMParser().parseFromString(html, 'text/html').querySelector('.inbox-part');
  counts(part);
  if (now || part.dataset.ids === ids() || (list.scrollTop === 0 && !current)) {
    apply(html);
    return;
  }
  const left = new Set(part.dataset.ids.split(' ')),
    had = new Set(ids().split(' '));
  rows().forEach((row) => row.classList.toggle('is-gone', !left.has(row.dataset.task)));
  waiting = html;
  const more = [...left].filter((id) => id && !had.has(id)).length;
  fresh.hidden = more === 0;
  if (more) document.getElementById('news').textContent = words.fresh;
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.dataset.task === (document.activeElement?.dataset?.task ?? current));
  const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
  if (wide()) open(next.dataset.task);
}

const press = (selector) => document.querySelector(selector)?.click();
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  c: () => press('.task [data-act="claim"] button'),
  e: () => press('[data-done]'),
  '/': () => document.getElementById('q')?.focus(),
  ...MORE,
};

function keys() {
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open], .djs-container');
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });
}

export function inbox() {
  keys();
  if (!list) return;
  list.addEventListener('click', (event) => {
    const row = event.target.closest('.task-row');
    if (!row || !wide() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(row.dataset.task, true);
  });
  fresh.addEventListener('click', () => waiting && apply(waiting));
  document.addEventListener('crmflow:finished', (event) => {
    if (!wide()) return;
    event.preventDefault();
    if (!event.detail.task) {
      go(event.detail);
      return;
    }
    toast(event.detail.note);
    open(event.detail.task, true);
    poll(true);
  });
  document.addEventListener('crmflow:changed', () => poll(true));
  document.addEventListener('crmflow:acted', () => {
    turn += 1;
  });
  setInterval(poll, POLL_EVERY);
  document.addEventListener('visibilitychange', () => document.hidden || poll());
  const wanted = new URL(location).searchParams.get('task') ?? rows()[0]?.dataset.task;
  if (wide() && wanted) open(wanted);
}
