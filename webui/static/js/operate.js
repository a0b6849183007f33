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

export function operate() {
  steps();
  ticks();
  actions();
}
