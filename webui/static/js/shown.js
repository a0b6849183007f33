// What every freshly shown part needs: tabs, parts loaded when opened, sheets, forms that answer in place.
import { drawAll } from './diagram.js';
import { mountAll } from './form.js';
import { make, token } from './words.js';

async function load(node, address) {
  const answer = await fetch(address, { headers: { 'HX-Request': 'true', Accept: 'text/html' } });
  node.innerHTML = await answer.text();
  htmx.process(node);
}

function choose(tab) {
  const all = [...tab.closest('[role=tablist]').querySelectorAll('[role=tab]')];
  for (const one of all) {
    const on = one === tab,
      part = document.getElementById(one.getAttribute('aria-controls'));
    one.setAttribute('aria-selected', on);
    one.tabIndex = on ? 0 : -1;
    part.hidden = !on;
    if (on && part.dataset.load) {
      load(part, part.dataset.load);
      delete part.dataset.load;
    }
    if (on) drawAll(part);
  }
}

function tabs(root) {
  root.querySelectorAll('[role=tablist]:not([data-ready])').forEach((listing) => {
    listing.dataset.ready = '1';
    listing.addEventListener('click', (event) => {
      const tab = event.target.closest('[role=tab]');
      if (tab) choose(tab);
    });
    listing.addEventListener('keydown', (event) => {
      const all = [...listing.querySelectorAll('[role=tab]')],
        at = all.indexOf(event.target);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (next === undefined || at < 0) return;
      event.preventDefault();
      const tab = all[(next + all.length) % all.length];
      tab.focus();
      choose(tab);
    });
  });
}

/** Claim and release answer with the task as it is now, in place. */
function actions(root) {
  root.querySelectorAll('.split-pane form[data-act]:not([data-ready])').forEach((form) => {
    form.dataset.ready = '1';
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      document.dispatchEvent(new Event('crmflow:acted')); // what was asked for before this is old news
      const answer = await fetch(form.action, {
        method: 'POST',
        headers: { 'HX-Request': 'true', Accept: 'text/html', 'X-CSRFToken': token() },
      });
      const text = await answer.text();
      const pane = form.closest('.split-pane');
      if (!pane) {
        document.dispatchEvent(new Event('crmflow:changed')); // one reads another task by now
        return;
      }
      pane.innerHTML = text;
      htmx.process(pane); // its parts that load by themselves
      shown(pane);
      mountAll(pane);
      document.dispatchEvent(new Event('crmflow:changed'));
      document.dispatchEvent(new Event('crmflow:shown'));
    });
  });
}

async function sheet(address) {
  const dialog = make('dialog', { class: 'sheet', 'aria-labelledby': 'sheet-title' });
  document.body.append(dialog);
  await load(dialog, address);
  dialog.addEventListener('close', () => dialog.remove());
  dialog.showModal();
}

/** A refusal is said in the section it belongs to, beside what one typed; what went through clears its field. */
const place = (node) => node.closest('section')?.querySelector(':scope > [data-said]');
document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  const said = detail.xhr.status >= 400 && place(detail.requestConfig.elt);
  if (said) Object.assign(detail, { target: said, swapOverride: 'innerHTML', selectOverride: 'unset' });
});
document.addEventListener('htmx:beforeRequest', ({ detail }) => place(detail.elt)?.replaceChildren());
document.addEventListener('htmx:afterRequest', ({ detail }) => {
  if (detail.successful && detail.elt.matches('[data-clears]')) detail.elt.reset();
});

export function shown(root = document) {
  tabs(root);
  actions(root);
  root.querySelectorAll('[data-load-now]').forEach((node) => {
    load(node, node.dataset.loadNow);
    node.removeAttribute('data-load-now');
  });
  document.dispatchEvent(new Event('crmflow:shown'));
}

document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-sheet]');
  if (opener && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    sheet(opener.href);
    return;
  }
  const named = event.target.closest('[data-open]');
  if (named) document.getElementById(named.dataset.open)?.showModal();
  const closer = event.target.closest('[data-close]');
  const dialog = closer?.closest('dialog');
  if (dialog) {
    event.preventDefault();
    dialog.close();
  }
});
