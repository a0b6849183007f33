// The table itself: dmn-js to look at or to edit, its views as buttons, marks that say which rules applied.
import { fetchOnce, icon, make } from './words.js';
import { translate } from './rules-zh.js';

const STYLES = ['shared', 'drd', 'decision-table', 'literal-expression', 'boxed-expression'];
const CONTROLS = ['decision-table-controls', 'boxed-expression-controls'];
const MODEL = 'https://www.omg.org/spec/DMN/20191111/MODEL/';
const marks = new CSSStyleSheet();
document.adoptedStyleSheets = [...document.adoptedStyleSheets, marks];

/** dmn-js reads DMN 1.3; what the other versions share with it is drawn and saved as that. */
const as13 = (xml) =>
  xml
    .replace(/https?:\/\/www\.omg\.org\/spec\/DMN\/(20151101\/dmn\.xsd|(20180521|20211108|20230324)\/MODEL\/)/g, MODEL)
    .replace(/https?:\/\/www\.omg\.org\/spec\/DMN\/(20180521|20211108|20230324)\/DMNDI\//g, 'https://www.omg.org/spec/DMN/20191111/DMNDI/');

/** The editor's cells write style sheets of their own: those elements carry the nonce that this page's policy names. */
function lendNonce() {
  const nonce = document.querySelector('meta[name=style-nonce]')?.content,
    plain = document.createElement;
  document.createElement = function (tag, ...rest) {
    const node = plain.call(this, tag, ...rest);
    if (String(tag).toLowerCase() === 'style') node.setAttribute('nonce', nonce);
    return node;
  };
}

async function library(editable) {
  lendNonce();
  const styles = editable ? [...STYLES, ...CONTROLS] : STYLES;
  await Promise.all([
    fetchOnce('../vendor/bpmn-js/diagram-js.css'),
    fetchOnce('../vendor/dmn-js/dmn-font/css/dmn.css'),
    ...styles.map((name) => fetchOnce(`../vendor/dmn-js/dmn-js-${name}.css`)),
    fetchOnce(`../vendor/dmn-js/dmn-${editable ? 'modeler' : 'navigated-viewer'}.production.min.js`),
  ]);
  return window.DmnJS;
}

const chinese = document.documentElement.lang.startsWith('zh');
const words = chinese ? { additionalModules: [{ translate: ['value', translate] }] } : {};
const perView = { drd: words, decisionTable: words, literalExpression: words, boxedExpression: words };
const glyph = { drd: 'binary-tree-2', decisionTable: 'table', literalExpression: 'variable' };

/** A table in a box: {open, show, xml, mark, unmark, decision}; tells 'changed' and 'shown' by callbacks. */
export class Sheet {
  constructor(box, tabs, { editable, graph, changed, shown }) {
    Object.assign(this, { box, tabs, editable, graph, changed, shown, quiet: true });
  }

  async start() {
    const Editor = await library(this.editable);
    this.place = make('div', { class: 'rules-place' });
    this.box.replaceChildren(this.place);
    const size = { height: '100%', width: '100%' };
    this.editor = new Editor({ container: this.place, ...size, ...perView });
    this.editor.on('views.changed', ({ views, activeView }) => this.#listed(views, activeView));
  }

  async open(xml) {
    this.quiet = true;
    const { warnings } = await this.editor.importXML(as13(xml));
    const views = this.editor.getViews(),
      tables = views.filter((view) => view.type !== 'drd');
    // The last decision drawn on top is what flows ask; with one table there is nothing to choose.
    const first = tables.find((view) => !this.#isNeeded(view.element, views)) ?? tables[0] ?? views[0];
    if (first) await this.editor.open(first);
    this.quiet = false;
    return warnings;
  }

  #isNeeded(element, views) {
    return views.some((view) =>
      (view.element.informationRequirement ?? []).some((need) => need.requiredDecision?.href === `#${element.id}`),
    );
  }

  #listed(views, active) {
    this.tabs.replaceChildren(
      ...views
        .filter((view) => view.type !== 'drd' || views.length > 2 || this.editable)
        .map((view) => {
          const on = view.element === active?.element;
          const button = make(
            'button',
            { type: 'button', class: 'rules-view', 'aria-pressed': String(on) },
            icon(glyph[view.type] ?? 'variable'),
            view.type === 'drd' ? this.graph : view.element.name || view.id,
          );
          button.addEventListener('click', () => this.editor.open(view));
          return button;
        }),
    );
    this.tabs.hidden = this.tabs.children.length < 2;
    const pressed = this.tabs.querySelector('[aria-pressed=true]');
    if (pressed) this.tabs.scrollLeft = pressed.offsetLeft + pressed.offsetWidth - this.tabs.clientWidth + 12;
    this.box.dataset.view = active?.type ?? '';
    if (active?.type === 'drd') this.editor.getActiveViewer()?.get('canvas').zoom('fit-viewport', 'auto');
    const viewer = this.editor.getActiveViewer();
    if (viewer && viewer !== this.heard) {
      this.heard = viewer;
      viewer.on('elements.changed', () => this.quiet || this.changed());
      viewer.on('commandStack.changed', () => {
        this.#name(); // a new column comes with new words
        if (!this.quiet) this.changed();
      });
    }
    this.#name();
    this.shown(this.decision);
  }

  /** What dmn-js leaves without a name gets one, so that it can be read aloud; what it does not translate is. */
  #name() {
    requestAnimationFrame(() => {
      for (const link of this.place.querySelectorAll('.powered-by, .bjs-powered-by, .powered-by__logo'))
        link.setAttribute('aria-label', 'bpmn.io');
      if (chinese)
        for (const grip of this.place.querySelectorAll('.dmn-icon-drag[title], .bjs-powered-by[title]'))
          grip.title = translate(grip.title);
    });
  }

  /** Id of the decision shown; '' for the graph. */
  get decision() {
    const view = this.editor?.getActiveView();
    return view && view.type !== 'drd' ? view.element.id : '';
  }

  async show(decision) {
    const view = this.editor.getViews().find((one) => one.element.id === decision || one.element.name === decision);
    if (view && view.element.id !== this.decision) await this.editor.open(view);
  }

  /** The text as it stands; ``leave``: a cell under edit is left first, so that nothing typed is missed. */
  async xml(leave = false) {
    if (leave) this.place.querySelector(':focus')?.blur();
    return (await this.editor.saveXML({ format: true })).xml;
  }

  /** Ids of rules and inputs of a decision's table, in order. */
  #table(decision) {
    const logic = this.editor
      .getViews()
      .map((view) => view.element)
      .find((one) => one.id === decision || one.name === decision)?.decisionLogic;
    return logic?.$type === 'dmn:DecisionTable' ? logic : null;
  }

  /** Mark what applied, what just missed and where; by sign as well as by colour. */
  mark(steps) {
    const css = [];
    for (const step of steps) {
      const table = this.#table(step.decision);
      if (!table) continue;
      for (const rule of step.rules) {
        const row = table.rule?.[rule.index - 1];
        if (!row) continue;
        const at = `td[data-row-id="${CSS.escape(row.id)}"]`;
        if (rule.matched)
          css.push(
            `${at}{background:var(--done-soft)!important;box-shadow:inset 0 2px var(--done),inset 0 -2px var(--done)}`,
            `${at}.rule-index::before{content:"✓ ";color:var(--done);font-weight:700}`,
          );
        for (const label of rule.missed ?? []) {
          const column = table.input.find((one) => (one.label || one.inputExpression?.text) === label);
          if (!column) continue;
          const cell = `${at}[data-col-id="${CSS.escape(column.id)}"]`;
          css.push(
            `${cell}{background:var(--bad-soft)!important;outline:2px dashed var(--bad);outline-offset:-3px}`,
            `${cell}::after{content:"✗";position:absolute;right:4px;top:2px;color:var(--bad);font-weight:700}`,
            `${at}.rule-index::before{content:"✗ ";color:var(--bad)}`,
          );
        }
      }
    }
    this.marked = css;
    marks.replaceSync(css.join('\n'));
  }

  /** Add a sign to rules that a finding names. */
  point(decision, numbers) {
    const table = this.#table(decision);
    const css = numbers
      .map((number) => table?.rule?.[number - 1])
      .filter(Boolean)
      .map(
        (row) =>
          `td[data-row-id="${CSS.escape(row.id)}"].rule-index::after{content:" ⚠";color:var(--wait)}` +
          `td[data-row-id="${CSS.escape(row.id)}"].rule-index{background:var(--wait-soft)!important}`,
      );
    marks.replaceSync([...(this.marked ?? []), ...css].join('\n'));
  }

  unmark() {
    this.marked = [];
    marks.replaceSync('');
  }
}
