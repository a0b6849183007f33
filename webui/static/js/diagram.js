// Diagrams: bpmn-js with our marks: tokens, what came through, what failed, findings; click a finding to zoom there.
import { fetchOnce, icon, make, say, words } from './words.js';

const viewers = new WeakMap();
const READABLE = 0.5;

async function library() {
  await Promise.all([
    fetchOnce('../vendor/bpmn-js/diagram-js.css'),
    fetchOnce('../vendor/bpmn-js/bpmn-js.css'),
    fetchOnce('../vendor/bpmn-js/bpmn-navigated-viewer.production.min.js'),
  ]);
  return window.BpmnJS;
}

function tools(box, viewer) {
  const canvas = viewer.get('canvas');
  const button = (name, label, act) => {
    const node = make('button', { type: 'button', title: label, 'aria-label': label }, icon(name));
    node.addEventListener('click', act);
    return node;
  };
  box.append(
    make(
      'div',
      { class: 'diagram-tools' },
      button('focus-centered', words.fit, () => canvas.zoom('fit-viewport', 'auto')),
      button('zoom-in', words.zoomIn, () => canvas.zoom(canvas.zoom() * 1.25)),
      button('zoom-out', words.zoomOut, () => canvas.zoom(canvas.zoom() / 1.25)),
    ),
  );
}

const pin = (look, name, text, title) => make('span', { class: `pin ${look}`, title }, icon(name), text);

function mark(viewer, { marks = [], current, findings = [] }) {
  const canvas = viewer.get('canvas'),
    registry = viewer.get('elementRegistry'),
    overlays = viewer.get('overlays');
  const place = (id, node, left) => {
    const small = (registry.get(id)?.width ?? 100) < 60; // events and gateways carry their name below
    const position = left
      ? { top: -14, left: small ? -10 : 4 }
      : small
        ? { top: -12, right: 8 }
        : { bottom: 10, right: 12 };
    overlays.add(id, { position, html: node, scale: { min: 0.75, max: 1.1 } });
  };
  for (const m of marks) {
    const element = registry.get(m.id);
    if (element && m.missed) {
      // Nobody has come by: dashed, and with a sign of its own.
      canvas.addMarker(m.id, 'not-tried');
      overlays.add(m.id, { position: { top: -12, left: 0 }, html: pin('pin-warn', 'alert-triangle', '', '') });
      continue;
    }
    if (!element || element.waypoints) continue;
    const row = make('span', { class: 'pin-row' });
    if (m.active) {
      canvas.addMarker(m.id, 'at-work');
      row.append(pin('', 'player-play', m.active, say('runs', { n: m.active })));
    }
    if (m.incidents) {
      canvas.addMarker(m.id, 'at-fault');
      row.append(pin('pin-bad', 'alert-triangle', m.incidents, say('failed', { n: m.incidents })));
    }
    if (row.children.length) place(m.id, row, true);
    if (m.completed) {
      canvas.addMarker(m.id, 'was-here');
      place(m.id, pin('pin-past', 'check', m.completed, say('past', { n: m.completed })), false);
    }
  }
  if (current && registry.get(current)) {
    canvas.addMarker(current, 'at-work');
    place(current, pin('', 'map-pin', words.now, words.now), true);
  }
  const by = Map.groupBy ? Map.groupBy(findings, (f) => f.element) : group(findings);
  for (const [id, list] of by) {
    const element = registry.get(id);
    if (!element) continue;
    const level = ['error', 'warning', 'info'].find((s) => list.some((f) => f.severity === s));
    canvas.addMarker(id, level === 'error' ? 'at-fault' : 'at-doubt');
    const look = { error: 'pin-bad', warning: 'pin-warn', info: 'pin-note' }[level];
    const at = element.waypoints ? { position: { top: -8, left: 0 } } : { position: { top: -14, left: 4 } };
    overlays.add(id, {
      ...at,
      html: pin(
        look,
        level === 'error' ? 'alert-circle' : 'alert-triangle',
        list.length,
        list.map((f) => `${f.code} ${f.text}`).join('\n'),
      ),
    });
  }
}

function group(findings) {
  const map = new Map();
  for (const f of findings) map.set(f.element, [...(map.get(f.element) ?? []), f]);
  return map;
}

/** Draw XML into a box. */
export async function draw(box, xml, marks) {
  const Viewer = await library();
  const viewer = new Viewer({ container: box });
  try {
    await viewer.importXML(xml);
  } catch (error) {
    viewer.destroy();
    box.replaceChildren(make('p', { class: 'diagram-wait' }, words.noDiagram));
    return null;
  }
  box.querySelector('.diagram-wait')?.remove();
  viewers.set(box, viewer);
  viewer.get('eventBus').on('element.click', ({ element }) => {
    const detail = { id: element.labelTarget?.id ?? element.id, name: element.businessObject?.name };
    box.dispatchEvent(new CustomEvent('diagram:chosen', { bubbles: true, detail }));
  });
  mark(viewer, marks);
  tools(box, viewer);
  fit(viewer, marks);
  keepFit(box, viewer, marks);
  return viewer;
}

/** When the window (or the room for it) changes, the drawing fits again, unless somebody has moved it themselves. */
function keepFit(box, viewer, marks) {
  const canvas = viewer.get('canvas');
  const where = () => {
    const { x, y, scale } = canvas.viewbox();
    return [x, y, scale].map((number) => number.toFixed(2)).join();
  };
  let fitted = where(),
    size = `${box.clientWidth} ${box.clientHeight}`;
  new ResizeObserver(() => {
    const now = `${box.clientWidth} ${box.clientHeight}`;
    if (now === size || !box.clientWidth || !box.clientHeight) return;
    size = now;
    const own = where() === fitted;
    canvas.resized();
    if (!own) return;
    fit(viewer, marks);
    fitted = where();
  }).observe(box);
}

/** Everything, if that can be read; else, readably, where the work is (or where it begins). "Show all" is one click. */
function fit(viewer, { current, marks = [], findings = [] }) {
  const canvas = viewer.get('canvas'),
    registry = viewer.get('elementRegistry');
  canvas.zoom('fit-viewport', 'auto');
  if (canvas.zoom() >= READABLE) return;
  const wanted = [
    current,
    ...marks.filter((m) => m.active || m.incidents).map((m) => m.id),
    ...findings.map((f) => f.element),
  ];
  const shapes = registry.filter((e) => e.parent && !e.waypoints && !e.labelTarget);
  const first = shapes.reduce((a, b) => (a && a.x <= b.x ? a : b), null);
  const at = wanted.map((id) => id && registry.get(id)).find((e) => e && !e.waypoints) ?? first;
  if (!at) return;
  const size = canvas.getSize(),
    scale = 0.75,
    width = size.width / scale,
    height = size.height / scale;
  const left = Math.max(first.x - 40, at.x + at.width / 2 - width / 2);
  canvas.viewbox({ x: left, y: at.y + at.height / 2 - height / 2, width, height });
}

/** Draw every diagram inside ``root`` that is visible and not drawn yet. */
export function drawAll(root = document) {
  root.querySelectorAll('.diagram[data-model]:not([data-drawn])').forEach(async (box) => {
    if (!box.offsetParent) return;
    box.dataset.drawn = '1';
    const marks = JSON.parse(box.querySelector('.diagram-marks')?.textContent || '[]');
    const answer = await fetch(box.dataset.model, { headers: { Accept: 'application/xml' } });
    if (!answer.ok) {
      box.querySelector('.diagram-wait').textContent = words.noDiagram;
      return;
    }
    await draw(box, await answer.text(), { marks, current: box.dataset.current });
  });
}

/** Zoom to an element in the diagram that has it. */
export function zoomTo(id) {
  for (const box of document.querySelectorAll('.diagram')) {
    const viewer = viewers.get(box);
    const element = viewer?.get('elementRegistry').get(id);
    if (!element) continue;
    const canvas = viewer.get('canvas');
    const bounds = element.waypoints
      ? { x: element.waypoints[0].x, y: element.waypoints[0].y, width: 1, height: 1 }
      : element;
    const size = canvas.getSize(),
      scale = 1.1;
    canvas.viewbox({
      x: bounds.x + bounds.width / 2 - size.width / 2 / scale,
      y: bounds.y + bounds.height / 2 - size.height / 2 / scale,
      width: size.width / scale,
      height: size.height / scale,
    });
    viewer.get('elementRegistry').forEach((e) => canvas.removeMarker(e, 'at-focus'));
    canvas.addMarker(id, 'at-focus');
    box.scrollIntoView({ block: 'nearest' });
    return true;
  }
  return false;
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-zoom]');
  if (button) zoomTo(button.dataset.zoom);
});
