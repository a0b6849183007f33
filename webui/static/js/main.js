// Starts what the page has: countdowns, forms, diagrams, inbox, upload, the tools at the top.
import { countdown } from './countdown.js';
import { drawAll } from './diagram.js';
import { mountAll } from './form.js';
import { inbox } from './inbox.js';
import { operate } from './operate.js';
import { shown } from './shown.js';
import { upload } from './upload.js';
import { make, toast, token } from './words.js';

document.body.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = token();
});

function theme() {
  document.querySelector('[data-theme-switch]')?.addEventListener('click', () => {
    const next = document.documentElement.getAttribute('data-bs-theme') === 'dark' ? 'light' : 'dark';
    document.documentElement.setAttribute('data-bs-theme', next);
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
  });
}

function menu() {
  const button = document.querySelector('[data-toggle-side]'),
    side = document.getElementById('side');
  if (!button) return;
  let veil = null;
  const set = (open) => {
    side.classList.toggle('is-open', open);
    button.setAttribute('aria-expanded', open);
    veil?.remove();
    veil = null;
    if (!open) return;
    veil = make('button', { class: 'side-veil', 'aria-label': '×', tabindex: '-1' });
    veil.addEventListener('click', () => set(false));
    side.after(veil);
    side.querySelector('a')?.focus();
  };
  button.addEventListener('click', () => set(!side.classList.contains('is-open')));
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && veil) {
      set(false);
      button.focus();
    }
  });
}

function bell() {
  const button = document.querySelector('[data-bell]'),
    box = document.getElementById('bell-menu');
  if (!button) return;
  const set = (open) => {
    box.hidden = !open;
    button.setAttribute('aria-expanded', open);
  };
  button.addEventListener('click', () => set(box.hidden));
  document.addEventListener('click', (event) => {
    if (!event.target.closest('.bell')) set(false);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !box.hidden) {
      set(false);
      button.focus();
    }
  });
}

function help() {
  const sheet = document.getElementById('keys');
  let before = '';
  document.querySelector('[data-help]')?.addEventListener('click', () => sheet.showModal());
  document.addEventListener('keydown', (event) => {
    if (event.target.closest('input, textarea, select, dialog[open]')) return;
    if (event.key === '?') sheet?.showModal();
    if (before === 'g' && event.key === 'i') location.assign(document.querySelector('.brand')?.href ?? '/');
    before = event.key;
  });
}

const note = sessionStorage.getItem('note');
sessionStorage.removeItem('note');
if (note) toast(note);

theme();
menu();
bell();
help();
countdown();
shown();
mountAll();
drawAll();
inbox();
operate();
upload();
document.querySelector('[data-print]')?.addEventListener('click', () => print());
setTimeout(() => document.querySelectorAll('.toast-note').forEach((note) => note.remove()), 6000);
document.documentElement.dataset.ready = '1'; // keys and clicks are heard from now on: what the browser tests wait for
