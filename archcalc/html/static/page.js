// One network of the page, the tabs, the theme, and what is put together at the start.

const shownNetworks = [];

class Net {
  constructor(article, network, details, depth) {
    this.article = article;
    this.details = details;
    this.tree = new Tree(network);
    this.tree.unfold(depth ?? (network.lines.length > 80 ? 0 : 1));
    this.select = (line, from) => this.choose(line, from);
    this.line = -1;
    this.table = new Table(article, this.tree, this.select);
    this.view = new View(article, network, this.select);
    this.profile = new Profile(article, this.tree, this.select);
    for (const button of article.querySelectorAll('[data-layer]')) {
      const line = this.tree.layers[Number(button.dataset.layer)];
      if (line === undefined) button.disabled = true;
      else button.addEventListener('click', () => this.choose(line, 'lint'));
    }
  }

  choose(line, from) {
    const again = line === this.line;
    this.line = line;
    const layers = this.tree.layersOf(line);
    this.table.selected = line;
    if (from === 'table' || from === 'keyboard') this.table.mark(line);
    else this.table.show(line);
    const boxes = this.view.mark(layers);
    if (from !== 'diagram') this.view.show(layers);
    this.profile.mark(layers);
    if (again && from === 'keyboard') { this.details.focus(); return; }
    if (!again || !this.details.current) this.details.show(this, line);
    document.getElementById('status').textContent =
      `${this.tree.names[line]}: its numbers are in the panel${boxes.length ? '' : '; the diagram does not show it'}`;
  }

  deselect() {
    this.line = -1;
    this.table.mark(-1);
    this.view.mark([]);
    this.profile.mark([]);
    this.details.totals(this.tree.network);
    this.table.element(this.table.current)?.focus({preventScroll: true});
  }

  showInDiagram(line) {
    this.view.viewport.scrollIntoView({block: 'center'});
    this.view.show(this.tree.layersOf(line));
    this.view.viewport.focus({preventScroll: true});
  }

  showInTable(line) {
    this.table.show(line);
    this.table.scroller.scrollIntoView({block: 'nearest'});
    this.table.element(line)?.focus({preventScroll: true});
  }
}

function showTab(index, focus) {
  shownNetworks.forEach((net, k) => {
    const tab = document.getElementById(`tab-${k}`), chosen = k === index;
    net.article.hidden = !chosen;
    tab.setAttribute('aria-selected', chosen);
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen && focus) tab.focus();
  });
  const net = shownNetworks[index];
  if (net.line >= 0) net.details.show(net, net.line);
  else net.details.totals(net.tree.network);
}

function listenToTabs() {
  const tabs = [...document.querySelectorAll('[role=tab]')];
  tabs.forEach((tab, k) => {
    tab.onclick = () => showTab(k);
    tab.onkeydown = event => {
      const to = {ArrowRight: k + 1, ArrowLeft: k - 1, Home: 0, End: tabs.length - 1}[event.key];
      if (to === undefined) return;
      event.preventDefault();
      showTab((to + tabs.length) % tabs.length, true);
    };
  });
  if (tabs.length) showTab(0);
}

const THEMES = ['', 'light', 'dark'];

function listenToTheme() {
  const button = document.getElementById('theme'), root = document.documentElement;
  const tell = () => { button.textContent = `Theme: ${root.dataset.theme || 'automatic'}`; };
  button.onclick = () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme || '') + 1) % THEMES.length];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    try { localStorage.setItem('archcalc-theme', next); } catch { /* not kept */ }
    tell();
  };
  tell();
}

function listenToPrinting() {
  let closed = [];
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll('details:not([open])')];
    for (const one of closed) one.open = true;
    for (const net of shownNetworks) { net.hidden = net.article.hidden; net.article.hidden = false; net.table.more(Infinity); }
  });
  addEventListener('afterprint', () => {
    for (const one of closed) one.open = false;
    for (const net of shownNetworks) net.article.hidden = net.hidden;
  });
}

function start() {
  const data = JSON.parse(document.getElementById('data').textContent);
  const details = new Details(document.getElementById('details'));
  shownNetworks.splice(0, Infinity, ...data.networks.map((network, k) =>
    new Net(document.getElementById(`net-${k}`), network, details, data.depth)));
  if (data.networks.length) details.totals(data.networks[0]);
  listenToTabs();
  for (const button of document.querySelectorAll('[data-copy=comparison]')) {
    button.onclick = () => copy(data.comparison[button.dataset.form], `the comparison as ${button.textContent}`);
  }
  for (const cell of document.querySelectorAll('[data-share]')) cell.style.setProperty('--share', cell.dataset.share);
  const comparison = document.querySelector('.comparison');
  comparison?.style.setProperty('--networks', comparison.dataset.networks);
  if (!start.done) { listenToTheme(); listenToPrinting(); }
  start.done = true;
}
