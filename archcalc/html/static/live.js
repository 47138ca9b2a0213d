// The live page: the server says when the spec has changed; what the reader had open stays open.

function kept() {
  return shownNetworks.map(({tree, line, article, table, view}) => ({
    name: tree.network.spec, open: [...tree.open].map(i => tree.names[i]), sort: tree.sort, filter: tree.filter, flat: tree.flat,
    chosen: line < 0 ? null : tree.names[line], hidden: article.hidden, top: table.scroller.scrollTop, at: view.at, fitted: view.fitted,
  }));
}

function restore(states) {
  shownNetworks.forEach((net, k) => {
    const state = states[k];
    if (!state) return;
    const {tree, table, view} = net, lines = new Map(tree.names.map((name, i) => [name, i]));
    tree.open = new Set(state.open.filter(name => lines.has(name)).map(name => lines.get(name)));
    tree.sort = state.sort && state.sort.column < tree.network.columns.length ? state.sort : null;
    tree.filter = table.filter.value = state.filter;
    tree.flat = table.flat.checked = state.flat;
    table.refresh();
    if (lines.has(state.chosen)) net.choose(lines.get(state.chosen), 'live');
    if (state.fitted) view.fit(state.fitted === 'whole');
    else view.set(state.at.x, state.at.y, state.at.k);
    table.scroller.scrollTop = state.top;
  });
  const active = states.findIndex(state => !state.hidden);
  if (shownNetworks.length > 1 && active >= 0 && active < shownNetworks.length) showTab(active);
}

// Take over another page's content, in the place of this one's.
function adopt(text) {
  const next = new DOMParser().parseFromString(text, 'text/html'), states = kept(), scroll = scrollY;
  for (const selector of ['main', 'header .tabs', '#data']) {
    const old = document.querySelector(selector), made = next.querySelector(selector);
    if (old && made) old.replaceWith(document.importNode(made, true));
    else if (made) document.querySelector('header .space').before(document.importNode(made, true));
    else old?.remove();
  }
  document.title = next.title;
  start();
  restore(states);
  scrollTo(0, scroll);
}

function tellProblem(text) {
  const banner = document.getElementById('problem');
  banner.hidden = !text;
  document.body.classList.toggle('stale', Boolean(text));
  banner.replaceChildren(...(text ? [element('b', {}, shownNetworks.length ? 'The spec has an error; below is the last good page.' : 'The spec has an error.'), element('pre', {tabindex: 0}, text)] : []));
}

function listen() {
  const connection = document.getElementById('connection'), events = new EventSource('events');
  let version = document.querySelector('meta[name=version]').content, latest = version, busy = false;
  const update = async () => {
    if (busy) return;
    busy = true;
    try {
      while (version !== latest) {
        const wanted = latest, answer = await fetch('./', {cache: 'no-store'});
        adopt(await answer.text());
        version = wanted;
        say('The page was updated');
      }
    } catch { connection.textContent = 'offline'; } finally { busy = false; }
  };
  events.addEventListener('state', async event => {
    const state = JSON.parse(event.data);
    connection.textContent = 'live';
    latest = state.version;
    await update();
    tellProblem(state.error);
  });
  events.addEventListener('error', () => { connection.textContent = 'offline'; });
}
