// The charts: a cursor that says what is below it, and a mark at the layer that is selected.

class Profile {
  constructor(article, tree, select) {
    this.charts = article.querySelector('.charts');
    if (!this.charts) return;
    this.tree = tree;
    this.cursor = this.charts.querySelector('.cursor');
    this.readout = article.querySelector('.readout');
    this.hint = this.readout.textContent;
    this.chosen = null;
    this.charts.addEventListener('pointermove', event => this.point(this.layerAt(event)));
    this.charts.addEventListener('pointerleave', () => this.point(null));
    this.charts.addEventListener('click', event => {
      const layer = this.layerAt(event);
      if (layer !== null) select(this.tree.layers[layer], 'profile');
    });
  }

  layerAt(event) {
    const frame = this.charts.getBoundingClientRect();
    const layer = Math.floor((event.clientX - frame.left) / frame.width * this.tree.layers.length);
    return layer >= 0 && layer < this.tree.layers.length ? layer : null;
  }

  point(layer) {
    if (layer === null) layer = this.chosen;
    this.cursor.hidden = layer === null;
    if (layer === null) { this.readout.textContent = this.hint; return; }
    const count = this.tree.layers.length, line = this.tree.layers[layer];
    this.cursor.style.left = `${100 * layer / count}%`;
    this.cursor.style.width = `${100 / count}%`;
    const columns = this.tree.network.columns
      .map((column, c) => [column.head, this.tree.cell(line, c)])
      .filter(([, text]) => !['', '0', '–'].includes(text));
    const texts = columns.map(([head, text]) => head === 'kind' ? text : `${head} ${text}`);
    this.readout.textContent = [this.tree.names[line], ...texts, `alive ${this.tree.network.alive[layer]}`].join(' · ');
  }

  mark(layers) {
    if (!this.charts) return;
    this.chosen = layers.length === 1 ? layers[0] : null;
    this.point(this.chosen);
  }
}
