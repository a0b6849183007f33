// Operating cases: a step chosen on the diagram offers what can be done there; ticks for many rows at once.

function steps() {
  const bar = document.getElementById('step-bar');
  if (!bar) return;
  const offers = [...bar.querySelectorAll('[data-step]')];
  const option = (button, id) =>
    [...document.querySelectorAll(`#${button.dataset.step} select[name="${button.dataset.field}"] option`)].find(
      (one) => one.value === id,
    );
  document.addEventListener('diagram:chosen', ({ detail }) => {
    bar.querySelector('[data-step-name]').textContent = detail.name || detail.id;
    let any = false;
    for (const button of offers) {
      const found = option(button, detail.id);
      button.hidden = !found;
      button.dataset.value = detail.id;
      any ||= !!found;
    }
    bar.hidden = !any;
  });
  for (const button of offers) {
    button.addEventListener('click', () => {
      option(button, button.dataset.value).selected = true;
      document.getElementById(button.dataset.step).showModal();
    });
  }
}

function ticks() {
  const all = document.querySelector('[data-tick-all]');
  if (!all) return;
  const boxes = [...document.querySelectorAll('input[data-tick]')];
  const chosen = document.querySelector('[data-tick-do]');
  const tell = () => {
    const n = boxes.filter((box) => box.checked).length;
    all.checked = n > 0 && n === boxes.length;
    all.indeterminate = n > 0 && n < boxes.length;
    if (chosen) {
      chosen.disabled = n === 0;
      chosen.querySelector('[data-tick-count]').textContent = n;
    }
  };
  all.addEventListener('change', () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  for (const box of boxes) box.addEventListener('change', tell);
  tell();
}

/** The parts of a form that belong to the action chosen in it. */
function actions() {
  const select = document.querySelector('select[data-action]');
  if (!select) return;
  const show = () => {
    for (const part of document.querySelectorAll('[data-for]')) {
      const on = part.dataset.for.split(' ').includes(select.value);
      part.hidden = !on;
      for (const field of part.querySelectorAll('input, select, textarea')) field.disabled = !on;
    }
  };
  select.addEventListener('change', show);
  show();
}

/** Parts that are asked for again say what is new in a live region beside them, and only when it is new. */
function told() {
  const tell = (part) => {
    const said = part.querySelector('[data-say]')?.dataset.say ?? '';
    const place = document.getElementById(part.dataset.told);
    if (place.textContent !== said) place.textContent = said;
  };
  for (const part of document.querySelectorAll('[data-told]')) {
    part.addEventListener('htmx:afterSwap', () => tell(part));
  }
}

/** An operation is over: nothing is left to be stopped. Focus that was on the button goes to the main part. */
function over() {
  const stop = document.getElementById('bulk-stop');
  document.getElementById('bulk-now')?.addEventListener('htmx:afterRequest', ({ detail }) => {
    if (detail.xhr.status !== 286 || !stop?.isConnected) return;
    const here = stop.contains(document.activeElement);
    stop.remove();
    if (here) document.querySelector('#bulk-now a')?.focus();
  });
}

export function operate() {
  steps();
  ticks();
  actions();
  told();
  over();
}
