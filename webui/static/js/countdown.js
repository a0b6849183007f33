// Deadlines count down in place: fixed digits, no jumps, states by sign, word and colour. Same rule as look.due_state.
import { say, words } from './words.js';

const skew = Date.parse(document.querySelector('meta[name=now]')?.content ?? '') - Date.now() || 0;
const SIGNS = { overdue: 'alarm', 'at-risk': 'hourglass', 'on-track': 'clock' };
const RISK_SHARE = 0.25;

function span(seconds) {
  const d = Math.floor(seconds / 86400),
    h = Math.floor(seconds / 3600) % 24,
    m = Math.floor(seconds / 60) % 60,
    s = seconds % 60;
  const two = (n) => String(n).padStart(2, '0');
  if (d) return `${d} ${words.d} ${h} ${words.h}`;
  if (h) return `${h} ${words.h} ${two(m)} ${words.m}`;
  return `${m} ${words.m} ${two(s)} ${words.s}`;
}

function tick(node, now) {
  const due = Date.parse(node.dataset.due),
    since = Date.parse(node.dataset.since);
  const left = Math.round((due - now) / 1000);
  const state = left <= 0 ? 'overdue' : left * 1000 <= (due - since) * RISK_SHARE ? 'at-risk' : 'on-track';
  const text = node.querySelector('.due-text');
  const words = left <= 0 ? say('overdue', { t: span(-left) }) : say('left', { t: span(left) });
  if (text.textContent !== words) text.textContent = words;
  if (node.dataset.state !== state) {
    const before = node.dataset.state;
    node.dataset.state = state;
    node.classList.remove('due-overdue', 'due-at-risk', 'due-on-track');
    node.classList.add(`due-${state}`);
    const use = node.querySelector('use');
    use?.setAttribute('href', use.getAttribute('href').replace(/#.*/, `#${SIGNS[state]}`));
    if (before && state === 'overdue') announce();
  }
}

function announce() {
  const news = document.getElementById('news');
  if (news) news.textContent = words.late;
}

export function countdown() {
  const all = () => {
    const now = Date.now() + skew;
    document.querySelectorAll('[data-due]').forEach((node) => tick(node, now));
  };
  all();
  setInterval(all, 1000);
  document.body.addEventListener('htmx:afterSwap', all);
  document.addEventListener('crmflow:shown', all);
}
