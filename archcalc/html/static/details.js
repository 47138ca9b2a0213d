// The panel beside the report: a layer's numbers and the arithmetic behind them, or the totals.

const WORDS = {shape: 'Shape', params: 'Parameters', macs: 'MACs', flops: 'FLOPs', field: 'Receptive field', memory: 'Memory', augmentation: 'Augmentation'};

function stepsOf(network, numbers) {
  const list = element('dl', {class: 'steps'});
  let last = '';
  for (const number of numbers) {
    const [what, arithmetic, result, remark] = network.steps[number];
    if (what !== last) list.append(element('dt', {}, WORDS[what] ?? what));
    last = what;
    const text = element('dd', {});
    if (arithmetic) text.append(`${arithmetic} = `);
    text.append(element('b', {}, result), remark ? ` ${remark}` : '');
    list.append(text);
  }
  return list;
}

function factsOf(tree, line) {
  const list = element('dl', {class: 'facts'});
  tree.network.columns.forEach((column, c) => {
    const text = tree.cell(line, c);
    if (text && column.key !== 'label') list.append(element('div', {}, element('dt', {}, column.head), element('dd', {}, text)));
  });
  return list;
}

// Links to the layers that a layer reads, and to those that read it.
function neighbours(tree, layer, select) {
  const {reads} = tree.network, made = [];
  const link = i => {
    if (i < 0) return 'input';
    const button = element('button', {type: 'button', class: 'link'}, tree.names[tree.layers[i]]);
    button.addEventListener('click', () => select(tree.layers[i], 'details'));
    return button;
  };
  const row = (head, layers) => {
    const shown = layers.slice(0, 8);
    const parts = shown.flatMap((i, k) => k ? [', ', link(i)] : [link(i)]);
    if (layers.length > shown.length) parts.push(` and ${layers.length - shown.length} more`);
    made.push(element('p', {}, `${head} `, ...(parts.length ? parts : ['nothing'])));
  };
  row('reads', [...new Set(reads[layer])]);
  row('read by', reads.flatMap((inputs, i) => inputs.includes(layer) ? [i] : []));
  return element('div', {class: 'neighbours'}, ...made);
}

class Details {
  constructor(panel) {
    this.panel = panel;
    panel.onkeydown = event => { if (event.key === 'Escape') this.close(); };
  }

  frame(title, ...parts) {
    const heading = element('h2', {tabindex: -1}, title);
    this.panel.replaceChildren(heading, ...parts);
    this.panel.scrollTop = 0;
    return heading;
  }

  totals(network) {
    this.panel.classList.remove('open');
    this.current = null;
    const hint = element('p', {class: 'muted hint'}, 'Choose a layer in the diagram, the table or a chart to see the arithmetic behind its numbers. These are the totals.');
    this.frame(network.name, hint, stepsOf(network, network.explain.at(-1)));
  }

  show(net, line) {
    const {tree, select} = net, {network} = tree;
    this.current = net;
    this.panel.classList.add('open');
    const layer = tree.lines[line][2], kind = network.columns.findIndex(column => column.key === 'label');
    const close = element('button', {type: 'button', class: 'quiet close', 'aria-label': 'Close the layer'}, '×');
    close.addEventListener('click', () => this.close());
    const places = element('div', {class: 'buttons places', role: 'group', 'aria-label': 'Show it in'});
    for (const [text, act] of [['In the diagram', () => net.showInDiagram(line)], ['In the table', () => net.showInTable(line)]]) {
      const button = element('button', {type: 'button'}, text);
      button.addEventListener('click', act);
      places.append(button);
    }
    const parts = [close, element('p', {class: 'subtitle'}, kind < 0 ? '' : tree.cell(line, kind)), places, factsOf(tree, line)];
    if (layer >= 0) parts.push(neighbours(tree, layer, select), stepsOf(network, network.explain[layer]));
    else parts.push(element('p', {class: 'muted'}, 'A block: sums over its layers, and the output of its last. Unfold it in the table, or choose a layer.'));
    this.frame(tree.names[line] || '(no name)', ...parts);
  }

  focus() { this.panel.querySelector('h2').focus(); }

  close() {
    const net = this.current;
    if (net) net.deselect();
  }
}
