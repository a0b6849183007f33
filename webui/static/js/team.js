// The Team room: drag somebody's work onto somebody else, or press the grip; either way a dialog asks how much.

const dialog = document.getElementById('move-dialog');
const rows = [...document.querySelectorAll('tr[data-person]')];
let from = null;

/** As many as leave both with the same load for their capacity. */
function fair(giver, taker) {
  const [a, b] = [giver, taker].map((row) => ({ load: +row.dataset.load, weight: +row.dataset.weight }));
  const even = (a.load * b.weight - b.load * a.weight) / (a.weight + b.weight);
  return Math.max(1, Math.min(a.load, Math.round(even)));
}

function open(login, to = '') {
  const giver = rows.find((row) => row.dataset.person === login);
  if (!giver || !dialog) return;
  dialog.querySelector('[data-move-who]').textContent = giver.dataset.name;
  dialog.querySelector('[name=from]').value = login;
  const choice = dialog.querySelector('[name=to]');
  choice.replaceChildren(...[...document.querySelectorAll('#m-to > *')].map((one) => one.cloneNode(true)));
  choice.querySelectorAll('option').forEach((one) => one.value === login && one.remove());
  choice.value = to;
  const number = dialog.querySelector('[name=number]');
  number.max = giver.dataset.load;
  const taker = rows.find((row) => row.dataset.person === to);
  number.value = taker ? fair(giver, taker) : 1;
  choice.onchange = () => {
    const chosen = rows.find((row) => row.dataset.person === choice.value);
    if (chosen) number.value = fair(giver, chosen);
  };
  dialog.showModal();
  (to ? number : choice).focus();
}

for (const grip of document.querySelectorAll('[data-move]')) {
  grip.addEventListener('click', () => open(grip.dataset.move));
  grip.addEventListener('dragstart', (event) => {
    from = grip.dataset.move;
    event.dataTransfer.setData('text/plain', from);
    event.dataTransfer.effectAllowed = 'move';
  });
  grip.addEventListener('dragend', () => {
    from = null;
    rows.forEach((row) => row.classList.remove('is-over'));
  });
}

for (const row of rows) {
  const takes = () => from && from !== row.dataset.person && !('away' in row.dataset);
  row.addEventListener('dragover', (event) => {
    if (!takes()) return;
    event.preventDefault();
    row.classList.add('is-over');
  });
  row.addEventListener('dragleave', (event) => {
    if (!row.contains(event.relatedTarget)) row.classList.remove('is-over');
  });
  row.addEventListener('drop', (event) => {
    if (!takes()) return;
    event.preventDefault();
    row.classList.remove('is-over');
    open(from, row.dataset.person);
  });
}

dialog?.querySelector('[data-move-leave]').addEventListener('click', () => dialog.close());
