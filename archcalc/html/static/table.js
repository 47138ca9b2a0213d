// The table of layers: a treegrid whose rows are made when they come into sight.

const CHUNK = 150;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

class Table {
  constructor(article, tree, select) {
    this.tree = tree;
    this.select = select;
    this.table = article.querySelector('table[role=treegrid]');
    this.scroller = this.table.parentElement;
    this.note = article.querySelector('.shown');
    this.filter = article.querySelector('.filter');
    this.flat = article.querySelector('.flat');
    this.current = -1;                    // the line that has the tab stop
    this.selected = -1;
    this.made = 0;
    this.totals = tree.network.total.map(text => Number(text.replaceAll(',', '')) || 0);
    this.body = element('tbody');
    this.table.replaceChildren(this.head(), this.body, this.foot());
    this.watcher = new IntersectionObserver(entries => {
      if (entries.some(entry => entry.isIntersecting)) this.more();
    }, {root: this.scroller, rootMargin: '600px'});
    this.listen(article);
    this.refresh();
  }

  head() {
    const row = element('tr', {role: 'row', 'aria-rowindex': 1});
    const heads = [['layer', -1], ...this.tree.network.columns.map((column, c) => [column.head, c])];
    for (const [text, column] of heads) {
      const numeric = column >= 0 && this.tree.isNumeric(column);
      const button = element('button', {type: 'button', class: 'sort'}, text);
      button.addEventListener('click', () => this.sortBy(column, numeric));
      row.append(element('th', {role: 'columnheader', scope: 'col', 'aria-sort': 'none', 'data-column': column, 'data-head': text,
                                class: numeric ? 'number' : null}, button));
    }
    return element('thead', {role: 'rowgroup'}, row);
  }

  foot() {
    const cells = this.tree.network.total.map(text => element('td', {role: 'gridcell', class: 'number'}, text));
    return element('tfoot', {role: 'rowgroup'},
      element('tr', {role: 'row'}, element('th', {role: 'rowheader', scope: 'row'}, 'total'), ...cells));
  }

  sortBy(column, numeric) {
    const {sort} = this.tree;
    const first = numeric;                // numbers begin with the largest, names with the first
    if (!sort || sort.column !== column) this.tree.sort = {column, descending: first};
    else if (sort.descending === first) this.tree.sort = {column, descending: !first};
    else this.tree.sort = null;
    for (const head of this.table.querySelectorAll('th[aria-sort]')) {
      const own = this.tree.sort && Number(head.dataset.column) === this.tree.sort.column;
      head.setAttribute('aria-sort', own ? (this.tree.sort.descending ? 'descending' : 'ascending') : 'none');
    }
    this.refresh();
    this.scroller.scrollTop = 0;
  }

  // Rows anew: at least one chunk, and as many as there were if that is asked for.
  refresh(keep = false) {
    this.rows = this.tree.shown();
    this.places = new Map(this.rows.map((row, place) => [row.line, place]));
    if (!this.places.has(this.current)) this.current = this.rows.length ? this.rows[0].line : -1;
    const wanted = keep ? this.made : 0;
    this.made = 0;
    this.body.replaceChildren();
    this.table.setAttribute('aria-rowcount', this.rows.length + 2);
    do this.more(); while (this.made < Math.min(wanted, this.rows.length));
    const layers = this.rows.filter(row => row.open === null).length;
    this.note.textContent = this.tree.filter ? `${layers.toLocaleString('en')} of ${this.tree.layers.length.toLocaleString('en')} layers match.`
      : `${this.tree.layers.length.toLocaleString('en')} layers.`;
  }

  more(until = this.made + CHUNK) {
    this.last?.remove();
    const part = document.createDocumentFragment();
    const end = Math.min(until, this.rows.length);
    for (; this.made < end; this.made += 1) part.append(this.row(this.rows[this.made], this.made));
    this.body.append(part);
    this.watcher.disconnect();
    if (this.made < this.rows.length) {
      const rest = this.rows.length - this.made;
      this.last = element('tr', {class: 'more', 'aria-hidden': 'true'}, element('td', {colspan: 99}, `${rest.toLocaleString('en')} more`));
      this.body.append(this.last);
      this.watcher.observe(this.last);
    }
  }

  row({line, level, open}, place) {
    const {tree} = this, flat = tree.flat;
    const name = flat ? tree.names[line] : tree.lines[line][1];
    const made = element('tr', {role: 'row', 'data-line': line, 'aria-level': level, 'aria-rowindex': place + 2,
      'aria-expanded': open, 'aria-selected': line === this.selected, tabindex: line === this.current ? 0 : -1,
      class: open === null ? null : 'block'});
    const fold = element('span', {class: 'fold', 'aria-hidden': 'true'});
    const head = element('th', {role: 'rowheader', scope: 'row', title: tree.names[line]}, fold, element('span', {class: 'name'}, name || '(no name)'));
    head.style.setProperty('--level', level - 1);
    made.append(head);
    tree.network.columns.forEach((column, c) => {
      const text = tree.cell(line, c);
      const cell = element('td', {role: 'gridcell', class: tree.isNumeric(c) ? (text === '0' ? 'number zero' : 'number') : 'kind'}, text);
      if (column.sums && this.totals[c]) {
        const share = Number(text.replaceAll(',', '')) / this.totals[c];
        if (share > 0.002) { cell.classList.add('share'); cell.style.setProperty('--share', share); }
      }
      made.append(cell);
    });
    return made;
  }

  element(line) { return this.body.querySelector(`tr[data-line="${line}"]`); }

  // Bring a line into sight, unfolding what it is in; a filter that hides it is dropped.
  show(line, {focus = false} = {}) {
    if (this.tree.flat && this.tree.isBlock(line)) this.setFlat(false);
    this.tree.reveal(line);
    if (this.tree.filter && !this.tree.matches(line)) { this.tree.filter = ''; this.filter.value = ''; }
    this.refresh(true);
    const place = this.places.get(line);
    if (place === undefined) return;
    if (place >= this.made) this.more(place + CHUNK);
    this.moveTo(line, focus);
    const row = this.element(line), head = this.table.tHead.offsetHeight, foot = this.table.tFoot.offsetHeight;
    const top = row.offsetTop - head, bottom = row.offsetTop + row.offsetHeight + foot;
    if (top < this.scroller.scrollTop || bottom > this.scroller.scrollTop + this.scroller.clientHeight) {
      this.scroller.scrollTop = top - this.scroller.clientHeight / 3;
    }
  }

  mark(line) {
    this.selected = line;
    for (const row of this.body.querySelectorAll('tr[aria-selected=true]')) row.setAttribute('aria-selected', 'false');
    this.element(line)?.setAttribute('aria-selected', 'true');
  }

  moveTo(line, focus = true) {
    this.element(this.current)?.setAttribute('tabindex', '-1');
    this.current = line;
    const place = this.places.get(line);
    if (place >= this.made) this.more(place + CHUNK);
    const row = this.element(line);
    row?.setAttribute('tabindex', '0');
    if (focus) row?.focus();
  }

  toggle(line, open = !this.tree.open.has(line)) {
    if (!this.tree.isBlock(line)) return;
    this.tree.open[open ? 'add' : 'delete'](line);
    const focused = this.body.contains(document.activeElement);
    this.refresh(true);
    this.moveTo(line, focused);
  }

  setFlat(flat) {
    this.tree.flat = flat;
    this.flat.checked = flat;
    this.refresh();
  }

  listen(article) {
    this.body.addEventListener('click', event => {
      const row = event.target.closest('tr[data-line]');
      if (!row || String(getSelection())) return;
      const line = Number(row.dataset.line);
      this.moveTo(line);
      if (event.target.closest('.fold') || (this.tree.isBlock(line) && this.selected === line)) this.toggle(line);
      else this.select(line, 'table');
    });
    this.body.addEventListener('keydown', event => this.key(event));
    this.filter.addEventListener('input', () => { this.tree.filter = this.filter.value.trim().toLowerCase(); this.refresh(); });
    this.flat.addEventListener('change', () => this.setFlat(this.flat.checked));
    for (const button of article.querySelectorAll('[data-fold]')) {
      button.addEventListener('click', () => {
        this.tree.open.clear();
        if (button.dataset.fold === 'open') this.tree.unfold(Infinity);
        this.refresh();
      });
    }
    for (const button of article.querySelectorAll('[data-copy=layers]')) {
      button.addEventListener('click', () => copy(tableText(this.tree, this.rows, button.dataset.form),
        `${this.rows.length.toLocaleString('en')} rows as ${button.textContent}`));
    }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.target.closest('tr[data-line]');
    if (!row) return;
    const line = Number(row.dataset.line), place = this.places.get(line), shown = this.rows[place];
    const go = to => this.moveTo(this.rows[Math.max(0, Math.min(to, this.rows.length - 1))].line);
    const keys = {
      ArrowDown: () => go(place + 1), ArrowUp: () => go(place - 1),
      Home: () => go(0), End: () => go(this.rows.length - 1), PageDown: () => go(place + 15), PageUp: () => go(place - 15),
      ArrowRight: () => shown.open === false ? this.toggle(line, true) : shown.open && go(place + 1),
      ArrowLeft: () => {
        const above = this.tree.lines[line][0];
        if (shown.open && this.tree.open.has(line)) this.toggle(line, false);
        else if (above >= 0 && this.places.has(above)) this.moveTo(above);
      },
      Enter: () => this.select(line, 'keyboard'), ' ': () => this.select(line, 'keyboard'),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }
}
