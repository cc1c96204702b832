// What the page of an interactive map does beside drawing points: it finds a word, marks its
// neighbours, lists them, and writes as many labels as there is room for.
export default ({ points, near, marked, links, labels, groups, search, panel, plot, topn }) => {
  const words = points.data.word;
  const { x, y } = points.data;
  const rowOf = new Map();
  const rowOfFolded = new Map();
  words.forEach((word, row) => {
    rowOf.set(word, row);
    const folded = word.toLowerCase();
    if (!rowOfFolded.has(folded)) rowOfFolded.set(folded, row);
  });
  search.completions = words;
  const standingOut = [...marked.data.row];
  const hint = panel.text;
  let shownRows = [];

  // ---- what is on the page --------------------------------------------------------------------

  const escape = (text) =>
    text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

  const neighbours = (row) => {
    const found = [];
    for (let place = row * topn; place < (row + 1) * topn; place++) {
      if (near.data.row[place] >= 0) {
        found.push([near.data.row[place], near.data.hundredths[place] / 100]);
      }
    }
    return found;
  };

  const link = (row) =>
    `<a href="#${encodeURIComponent(words[row])}"><bdi>${escape(words[row])}</bdi></a>`;

  const list = (row, found) => {
    const lines = found.map(([other, cosine]) => {
      const share = Math.max(0, Math.min(1, cosine)) * 100;
      return (
        `<li><span class="bar" style="width:${share}%"></span>` +
        `${link(other)}<span class="cosine">${cosine.toFixed(2)}</span></li>`
      );
    });
    return `<h2><bdi>${escape(words[row])}</bdi></h2><ol>${lines.join("")}</ol>`;
  };

  // ---- finding and showing ----------------------------------------------------------------------

  const mark = (rows) => {
    const kept = [...new Set([...rows, ...standingOut])];
    marked.data = {
      row: kept,
      x: kept.map((row) => x[row]),
      y: kept.map((row) => y[row]),
      size: kept.map((row) => (row === rows[0] ? 17 : 11)),
    };
  };

  const show = (row) => {
    const found = neighbours(row);
    shownRows = [row, ...found.map(([other]) => other)];
    mark(shownRows);
    links.data = {
      x0: found.map(() => x[row]),
      y0: found.map(() => y[row]),
      x1: found.map(([other]) => x[other]),
      y1: found.map(([other]) => y[other]),
    };
    for (const group of groups) group.glyph.fill_alpha = 0.25;
    panel.text = list(row, found);
    if (search.value !== words[row]) search.value = words[row];
    fit(shownRows, 0.15);
  };

  const clear = (text) => {
    shownRows = [];
    mark([]);
    links.data = { x0: [], y0: [], x1: [], y1: [] };
    for (const group of groups) group.glyph.fill_alpha = 0.85;
    panel.text = text;
  };

  const find = (word) => {
    const asked = word.trim();
    if (asked === "") {
      clear(hint);
      fit(null, 1);
      return;
    }
    const row = rowOf.get(word) ?? rowOf.get(asked) ?? rowOfFolded.get(asked.toLowerCase());
    if (row === undefined) clear(`<p><bdi>${escape(asked)}</bdi> is not on this map.</p>`);
    else if (row !== shownRows[0]) show(row);
  };

  // ---- the part of the plane that is seen -------------------------------------------------------

  const extent = (values, rows) => {
    let low = Infinity;
    let high = -Infinity;
    for (const row of rows ?? values.keys()) {
      low = Math.min(low, values[row]);
      high = Math.max(high, values[row]);
    }
    return [low, high];
  };
  const whole = [extent(x, null), extent(y, null)];

  // Show these rows, or all, with equal scales, and at least a share of the whole.
  const fit = (rows, share) => {
    const wide = plot.inner_width || 800;
    const tall = plot.inner_height || 600;
    const [[left, right], [bottom, top]] = [extent(x, rows), extent(y, rows)];
    const least = Math.max(
      (whole[0][1] - whole[0][0]) / wide,
      (whole[1][1] - whole[1][0]) / tall,
    );
    const perPixel = Math.max(
      1e-9,
      share * least * 1.1,
      ((right - left) / wide) * 1.5,
      ((top - bottom) / tall) * 1.5,
    );
    const scale = rows === null ? least * 1.1 || 1e-9 : perPixel;
    const [across, up] = [(left + right) / 2, (bottom + top) / 2];
    plot.x_range.setv({ start: across - (scale * wide) / 2, end: across + (scale * wide) / 2 });
    plot.y_range.setv({ start: up - (scale * tall) / 2, end: up + (scale * tall) / 2 });
    relabelSoon();
  };

  // ---- labels -----------------------------------------------------------------------------------

  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "12px system-ui, sans-serif";
  const MOST_LABELS = 300;
  const MOST_TRIED = 6000;

  const covers = (one, other) =>
    one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];

  // Write the words that come first, the marked ones before all, where none covers another.
  const relabel = () => {
    const wide = plot.inner_width;
    const tall = plot.inner_height;
    const { start: left, end: right } = plot.x_range;
    const { start: bottom, end: top } = plot.y_range;
    const taken = [];
    const rows = { x: [], y: [], text: [], left: [], up: [], ink: [] };
    const pixel = (row) => ({
      across: ((x[row] - left) / (right - left)) * wide,
      down: ((top - y[row]) / (top - bottom)) * tall,
    });
    // Beside its point; the word that was searched for farther off, or even over others' rings.
    const place = (row, isMarked) => {
      const { across, down } = pixel(row);
      if (!(across >= 0 && across <= wide && down >= 0 && down <= tall)) return;
      const long = pen.measureText(words[row]).width + 8;
      const isSearched = row === shownRows[0];
      const gap = isMarked ? 10 : 5;
      const spots = (isSearched ? [gap, 24, 40] : [gap]).flatMap((away) => [
        [away, 0],
        [-away - long, 0],
        [-long / 2, -away - 6],
        [-long / 2, away + 6],
      ]);
      const inside = spots
        .map(([offset, up]) => ({
          offset,
          up,
          box: [across + offset, down + up - 8, across + offset + long, down + up + 8],
        }))
        .filter(({ box }) => box[0] >= 0 && box[2] <= wide && box[1] >= 0 && box[3] <= tall);
      const free = inside.find(({ box }) => !taken.some((other) => covers(box, other)));
      const spot = free ?? (isSearched ? inside[0] : undefined);
      if (spot === undefined) return;
      taken.push(spot.box);
      rows.x.push(x[row]);
      rows.y.push(y[row]);
      rows.text.push(words[row]);
      rows.left.push(spot.offset + 4);
      rows.up.push(spot.up);
      rows.ink.push(isMarked ? "#000000" : shownRows.length ? "#999999" : "#444444");
    };
    const isFirst = new Set([...shownRows, ...standingOut]);
    for (const row of isFirst) {
      const { across, down } = pixel(row);
      taken.push([across - 8, down - 8, across + 8, down + 8]); // its ring
    }
    for (const row of isFirst) place(row, true);
    const hidden = new Set();
    for (const group of groups) {
      if (!group.visible) for (const row of group.view.filter.indices) hidden.add(row);
    }
    let tried = 0;
    for (let row = 0; row < words.length && taken.length < MOST_LABELS; row++) {
      const inside = x[row] >= left && x[row] <= right && y[row] >= bottom && y[row] <= top;
      if (!inside || isFirst.has(row) || hidden.has(row)) continue;
      if (++tried > MOST_TRIED) break;
      place(row, false);
    }
    labels.data = rows;
  };

  let waiting = 0;
  const relabelSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(relabel, 60);
  };

  // ---- what people do ---------------------------------------------------------------------------

  search.properties.value.change.connect(() => find(search.value));
  points.selected.properties.indices.change.connect(() => {
    const [row] = points.selected.indices;
    if (row !== undefined) {
      points.selected.indices = [];
      show(row);
    }
  });
  const follow = () => {
    if (location.hash.length < 2) return;
    try {
      find(decodeURIComponent(location.hash.slice(1)));
    } catch {
      clear(hint); // an address that somebody has changed
    }
    history.replaceState(null, "", location.pathname + location.search);
  };
  addEventListener("hashchange", follow);
  for (const range of [plot.x_range, plot.y_range]) range.change.connect(relabelSoon);
  for (const group of groups) group.properties.visible.change.connect(relabelSoon);
  let sized = false;
  const resize = () => {
    if (!sized && plot.inner_width > 0 && plot.inner_height > 0) {
      sized = true;
      mark([]);
      fit(null, 1);
      follow();
    }
    for (const legend of plot.below.filter(({ ncols }) => ncols)) {
      const columns = plot.inner_width < 420 ? 1 : 2;
      if (legend.ncols !== columns) legend.ncols = columns;
    }
    relabelSoon();
  };
  plot.properties.inner_width.change.connect(resize);
  plot.properties.inner_height.change.connect(resize);
  resize();
};
