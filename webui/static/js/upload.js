// Upload: drop files, see at once what the check says, in words and on the diagrams drawn from the very files.
import { draw } from './diagram.js';
import { icon, make, say, token, words } from './words.js';

async function drawings(files, findings) {
  const place = document.querySelector('[data-drawings]');
  if (!place) return;
  for (const file of files) {
    const text = file.size < 8e6 ? await file.text() : '';
    if (!/<(\w+:)?definitions[\s>]/.test(text) || !/BPMN/.test(text)) continue;
    const box = make('div', { class: 'diagram', role: 'region', tabindex: '0', 'aria-label': file.name });
    place.append(make('figure', { class: 'panel panel-flush' }, make('figcaption', {}, file.name), box));
    const own = findings.filter((f) => !f.file || f.file === file.name);
    await draw(box, text, { findings: own });
  }
}

export function upload() {
  const form = document.querySelector('[data-upload]');
  if (!form) return;
  const input = form.querySelector('input[type=file]'),
    zone = form.querySelector('.drop-zone');
  const state = form.querySelector('[data-upload-state]'),
    result = document.getElementById('result');

  async function post(act) {
    if (!input.files.length) {
      input.focus();
      return;
    }
    state.textContent = words.checking;
    const body = new FormData(form);
    body.set('do', act);
    const answer = await fetch(form.action, {
      method: 'POST',
      body,
      headers: { 'HX-Request': 'true', Accept: 'text/html', 'X-CSRFToken': token() },
    }).catch(() => null);
    state.textContent = answer ? '' : words.offline;
    if (!answer) return;
    result.innerHTML = await answer.text();
    const findings = JSON.parse(result.querySelector('.check-findings')?.textContent || '[]');
    await drawings([...input.files], findings);
    result.scrollIntoView({ block: 'nearest' });
  }

  function list() {
    form
      .querySelector('[data-files]')
      .replaceChildren(
        ...[...input.files].map((file) => make('li', { class: 'mark mark-go' }, icon('file-text'), file.name)),
      );
    if (input.files.length) post('check');
  }

  input.addEventListener('change', list);
  for (const name of ['dragover', 'dragenter'])
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add('is-over');
    });
  for (const name of ['dragleave', 'drop']) zone.addEventListener(name, () => zone.classList.remove('is-over'));
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
    list();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    post(event.submitter?.value ?? 'check');
  });
}
