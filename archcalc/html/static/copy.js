// Tables as text, and into the clipboard.

const plain = (text, column) => column.sums ? text.replaceAll(',', '') : text;

// The table's rows as shown; a block is a row of its own unless the list is flat.
function tableText(tree, rows, form) {
  const {columns} = tree.network;
  const names = rows.map(row => tree.names[row.line]);
  const cells = rows.map(row => columns.map((column, c) => tree.cell(row.line, c)));
  if (form === 'json') {
    const records = rows.map((row, r) => {
      const fields = columns.map((column, c) => {
        const text = plain(cells[r][c], column);
        return `${JSON.stringify(column.key)}: ${column.sums ? text : JSON.stringify(text)}`;
      });
      return `  {"name": ${JSON.stringify(names[r])}, "block": ${tree.isBlock(row.line)}, ${fields.join(', ')}}`;
    });
    return `[\n${records.join(',\n')}\n]\n`;
  }
  if (form === 'csv') {
    const quoted = text => /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    const lines = [['name', ...columns.map(column => column.key)]];
    rows.forEach((_, r) => lines.push([names[r], ...columns.map((column, c) => plain(cells[r][c], column))]));
    return lines.map(line => line.map(quoted).join(',') + '\n').join('');
  }
  const escaped = text => text.replace(/[\\`*_{}[\]|#~]/g, '\\$&').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const line = texts => `| ${texts.join(' | ')} |\n`;
  return line(['layer', ...columns.map(column => column.head)])
    + line([':--', ...columns.map((_, c) => tree.isNumeric(c) ? '--:' : ':--')])
    + rows.map((_, r) => line([names[r], ...cells[r]].map(escaped))).join('');
}

async function copy(text, what) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    const area = document.createElement('textarea');
    const before = document.activeElement;
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand('copy');
    area.remove();
    before?.focus();
  }
  say(done ? `Copied ${what}` : 'The browser does not let this page copy');
}

// A sentence for everybody: shown for a moment, and read out.
function say(text) {
  const status = document.getElementById('status');
  status.textContent = text;
  status.classList.add('toast');
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { status.classList.remove('toast'); }, 2500);
}
