// The diagram: pan and zoom, and its boxes linked to lines.

const ZOOM = {least: 0.1, most: 8, step: 1.3};

class View {
  constructor(article, network, select) {
    this.viewport = article.querySelector('.viewport');
    this.stage = this.viewport.querySelector('.stage');
    this.svg = this.stage.querySelector('svg');
    this.size = {width: Number(this.svg.getAttribute('width')), height: Number(this.svg.getAttribute('height'))};
    this.boxes = new Map(network.boxes.map(([id, line, ...ranges]) => [id, {line, ranges, node: document.getElementById(id)}]));
    this.select = select;
    this.viewport.classList.add('ready');
    this.at = {x: 0, y: 0, k: 1};
    this.pointers = new Map();
    for (const button of article.querySelectorAll('[data-zoom]')) button.addEventListener('click', () => this.command(button.dataset.zoom));
    for (const {node} of this.boxes.values()) node.classList.add('linked');
    this.listen();
    this.fitted = '';
    new ResizeObserver(() => { if (this.fitted && this.viewport.clientWidth) this.fit(this.fitted === 'whole'); }).observe(this.viewport);
    this.fit(false);
  }

  fit(whole) {
    this.fitted = whole ? 'whole' : 'width';
    const {width, height} = this.size, wide = this.viewport.clientWidth || width;
    const most = Math.max(280, Math.min(innerHeight * 0.78, 860));
    let k = Math.min(1.25, wide / width);
    this.viewport.style.height = `${Math.round(Math.min(height * k, most)) + 2}px`;
    const high = this.viewport.clientHeight;
    if (whole) k = Math.min(k, high / height);
    this.least = Math.min(k, high / height, 1);
    this.set((wide - width * k) / 2, whole ? (high - height * k) / 2 : 0, k);
  }

  set(x, y, k) {
    const wide = this.viewport.clientWidth, high = this.viewport.clientHeight;
    const {width, height} = this.size;
    const margin = 60;                    // some of the picture always stays in sight
    this.at = {x: Math.min(wide - margin, Math.max(margin - width * k, x)), y: Math.min(high - margin, Math.max(margin - height * k, y)), k};
    this.stage.style.transform = `translate(${this.at.x}px,${this.at.y}px) scale(${k})`;
    // A finger moves the page while the whole width is there, and the picture once it is larger.
    this.viewport.style.touchAction = width * k > wide + 1 ? 'none' : 'pan-y';
  }

  zoom(factor, x = this.viewport.clientWidth / 2, y = this.viewport.clientHeight / 2) {
    const k = Math.max(Math.min(ZOOM.least, this.least), Math.min(ZOOM.most, this.at.k * factor));
    const ratio = k / this.at.k;
    this.fitted = '';
    this.set(x - (x - this.at.x) * ratio, y - (y - this.at.y) * ratio, k);
  }

  move(dx, dy) { this.fitted = ''; this.set(this.at.x + dx, this.at.y + dy, this.at.k); }

  command(name) {
    if (name === 'in') this.zoom(ZOOM.step);
    else if (name === 'out') this.zoom(1 / ZOOM.step);
    else this.fit(name === 'whole');
  }

  place(event) {
    const frame = this.viewport.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }

  listen() {
    const {viewport} = this;
    viewport.addEventListener('wheel', event => {
      if (!event.ctrlKey && !event.metaKey) return;      // a plain wheel scrolls the page
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.004)), ...this.place(event));
    }, {passive: false});
    viewport.addEventListener('pointerdown', event => {
      if (event.button) return;
      this.pointers.set(event.pointerId, this.place(event));
      this.moved = 0;
    });
    viewport.addEventListener('pointermove', event => this.drag(event));
    for (const name of ['pointerup', 'pointercancel', 'pointerleave']) {
      viewport.addEventListener(name, event => { this.pointers.delete(event.pointerId); viewport.classList.remove('dragging'); });
    }
    viewport.addEventListener('click', event => {
      const box = this.boxes.get(event.target.closest?.('g.node')?.id);
      if (box && (this.moved || 0) < 5) this.select(box.line, 'diagram');
    });
    viewport.addEventListener('keydown', event => {
      const far = 60, keys = {
        ArrowLeft: () => this.move(far, 0), ArrowRight: () => this.move(-far, 0), ArrowUp: () => this.move(0, far), ArrowDown: () => this.move(0, -far),
        '+': () => this.command('in'), '=': () => this.command('in'), '-': () => this.command('out'), 0: () => this.command('width'),
      };
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.place(event), others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    this.pointers.set(event.pointerId, now);
    const distance = Math.hypot(now[0] - before[0], now[1] - before[1]);
    this.moved += distance;
    if (others.length) {
      const [x, y] = others[0][1];
      const ratio = Math.hypot(now[0] - x, now[1] - y) / Math.max(1, Math.hypot(before[0] - x, before[1] - y));
      this.zoom(ratio, (now[0] + x) / 2, (now[1] + y) / 2);
    } else if (this.moved >= 5 && (event.pointerType !== 'touch' || viewportZoomed(this))) {
      this.viewport.setPointerCapture(event.pointerId);
      this.viewport.classList.add('dragging');
      this.move(now[0] - before[0], now[1] - before[1]);
    }
  }

  // Boxes that stand for some layers: those that stand for no others, else all that have one of them.
  boxesOf(layers) {
    const wanted = new Set(layers);
    const within = ([from, to]) => { for (let i = from; i <= to; i += 1) if (!wanted.has(i)) return false; return true; };
    const all = [...this.boxes.values()];
    const touched = all.filter(({ranges}) => ranges.some(([from, to]) => layers.some(i => from <= i && i <= to)));
    const inner = touched.filter(({ranges}) => ranges.every(within));
    return inner.length ? inner : touched;
  }

  mark(layers) {
    for (const node of this.svg.querySelectorAll('.chosen')) node.classList.remove('chosen');
    const found = this.boxesOf(layers);
    for (const {node} of found) node.classList.add('chosen');
    return found;
  }

  // Move a box into sight.
  show(layers) {
    const found = this.boxesOf(layers);
    if (!found.length) return;
    const frame = this.viewport.getBoundingClientRect(), box = found[0].node.getBoundingClientRect();
    const off = (low, high, from, to) => low < from ? from - low + 30 : high > to ? to - high - 30 : 0;
    const dx = off(box.left, box.right, frame.left, frame.right), dy = off(box.top, box.bottom, frame.top, frame.bottom);
    if (dx || dy) this.move(dx, dy);
  }
}

const viewportZoomed = view => view.size.width * view.at.k > view.viewport.clientWidth + 1;
