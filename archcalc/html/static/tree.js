// The lines of a network as a tree: what is shown after folding, filtering and sorting. Nothing here touches the page.

const HEAD = 3;   // before the cells, a line has its parent, its name below it, and its layer or −1

// Numbers in a cell, as one exact number to sort by: sizes are multiplied, what is no number comes last.
function sortKey(text) {
  const numbers = text.replaceAll(',', '').match(/\d+/g);
  return numbers ? numbers.reduce((product, n) => product * BigInt(n), 1n) : -1n;
}

class Tree {
  constructor(network) {
    this.network = network;
    this.lines = network.lines;
    this.names = [];
    this.children = this.lines.map(() => []);
    this.roots = [];
    this.layers = [];                     // line of each layer
    this.lines.forEach(([parent, label, layer], i) => {
      this.names.push(parent < 0 ? label : `${this.names[parent]}.${label}`);
      (parent < 0 ? this.roots : this.children[parent]).push(i);
      if (layer >= 0) this.layers[layer] = i;
    });
    this.open = new Set();
    this.filter = '';
    this.flat = false;
    this.sort = null;                     // {column: −1 for names, descending}
  }

  isBlock(i) { return this.lines[i][2] < 0; }
  cell(i, column) { return this.lines[i][HEAD + column]; }

  // Layers that a line stands for.
  layersOf(i) {
    return this.isBlock(i) ? this.children[i].flatMap(child => this.layersOf(child)) : [this.lines[i][2]];
  }

  unfold(depth) {
    const opened = (lines, level) => lines.forEach(i => {
      if (level < depth && this.isBlock(i)) { this.open.add(i); opened(this.children[i], level + 1); }
    });
    opened(this.roots, 0);
  }

  reveal(i) {
    for (let above = this.lines[i][0]; above >= 0; above = this.lines[above][0]) this.open.add(above);
  }

  matches(i) {
    const kind = this.network.columns.findIndex(column => ['label', 'kind'].includes(column.key));
    const text = `${this.names[i]} ${kind < 0 || this.isBlock(i) ? '' : this.cell(i, kind)}`.toLowerCase();
    return this.filter.split(/\s+/).every(word => text.includes(word));
  }

  sorted(lines) {
    if (!this.sort) return lines;
    const {column, descending} = this.sort, sign = descending ? -1 : 1;
    if (column < 0 || !this.isNumeric(column)) {
      const collator = new Intl.Collator('en', {numeric: true});
      const text = i => column < 0 ? this.names[i] : this.cell(i, column);
      return [...lines].sort((a, b) => sign * collator.compare(text(a), text(b)) || a - b);
    }
    const keys = new Map(lines.map(i => [i, sortKey(this.cell(i, column))]));
    return [...lines].sort((a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      if ((x < 0n) !== (y < 0n)) return x < 0n ? 1 : -1;
      return x === y ? a - b : (x < y ? -sign : sign);
    });
  }

  isNumeric(column) { return !['label', 'kind', 'unproductive'].includes(this.network.columns[column].key); }

  // Lines to show, with their level and whether they are open.
  shown() {
    const found = this.filter ? new Set() : null;
    if (found) {
      this.lines.forEach((_, i) => {
        if (this.matches(i)) for (let at = i; at >= 0; at = this.lines[at][0]) found.add(at);
      });
    }
    if (this.flat) {
      const layers = this.layers.filter(i => !found || this.matches(i));
      return this.sorted(layers).map(line => ({line, level: 1, open: null}));
    }
    const rows = [];
    const walk = (lines, level) => {
      for (const line of this.sorted(lines)) {
        if (found && !found.has(line)) continue;
        const open = this.isBlock(line) ? this.open.has(line) || Boolean(found && this.children[line].some(child => found.has(child))) : null;
        rows.push({line, level, open});
        if (open) walk(this.children[line], level + 1);
      }
    };
    walk(this.roots, 1);
    return rows;
  }
}
