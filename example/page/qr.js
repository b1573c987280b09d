// QR codes (ISO/IEC 18004): any text of up to 666 bytes, in byte mode, with error correction level M,
// which survives a smear and keeps the squares large.

// correction says, for versions 1 to 20 at level M, how many codewords of correction each block has and
// how many blocks there are (table 9).
const correction = [
  [10, 1], [16, 1], [26, 1], [18, 2], [24, 2], [16, 4], [18, 4], [22, 4], [22, 5], [26, 5],
  [30, 5], [22, 8], [22, 9], [24, 9], [24, 10], [28, 10], [28, 11], [26, 13], [26, 14], [26, 16],
];

// modules returns the code for a text as rows of booleans, true for dark, without the light margin of
// four that belongs around it. A text that is too long gives null.
export function modules(text) {
  const bytes = new TextEncoder().encode(text);
  for (let version = 1; version <= correction.length; version++) {
    const grid = skeleton(version);
    const words = codewords(bytes, version, Math.floor(grid.flat().filter((cell) => cell === null).length / 8));
    if (words) return best(grid, version, words);
  }
  return null;
}

// outline is the same as one SVG path, a unit to a module.
export function outline(rows) {
  return rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
}

// skeleton returns a grid with all that does not depend on the text. Cells for data are null; those for
// format and version are light as yet.
function skeleton(version) {
  const size = 17 + 4 * version;
  const grid = Array.from({ length: size }, () => Array(size).fill(null));
  const square = (row, column, reach, dark) => {
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        if (grid[row + y]?.[column + x] !== undefined) grid[row + y][column + x] = dark(Math.max(Math.abs(x), Math.abs(y)));
      }
    }
  };
  for (const [row, column] of [[3, 3], [3, size - 4], [size - 4, 3]]) square(row, column, 4, (ring) => ring !== 2 && ring !== 4);
  const centres = alignments(version);
  const last = centres.length - 1;
  centres.forEach((row, i) => centres.forEach((column, j) => {
    const corner = (i === 0 && (j === 0 || j === last)) || (i === last && j === 0);
    if (!corner) square(row, column, 2, (ring) => ring !== 1);
  }));
  for (let i = 8; i < size - 8; i++) grid[6][i] = grid[i][6] = i % 2 === 0;
  writeFormat(grid, () => false);
  if (version >= 7) writeVersion(grid, () => false);
  return grid;
}

// alignments returns where the centres of alignment patterns are, in rows and columns alike (annex E).
function alignments(version) {
  if (version === 1) return [];
  const last = 10 + 4 * version;
  const gaps = Math.floor(version / 7) + 1;
  const step = 2 * Math.ceil((last - 6) / gaps / 2);
  return [6, ...Array.from({ length: gaps }, (_, i) => last - step * (gaps - 1 - i))];
}

// writeFormat writes 15 bits to the two places of the format (§7.9), with the module that is always dark.
function writeFormat(grid, bit) {
  const end = grid.length - 1;
  for (let i = 0; i < 8; i++) grid[i < 6 ? i : i + 1][8] = grid[8][end - i] = bit(i);
  for (let i = 8; i < 15; i++) grid[8][i === 8 ? 7 : 14 - i] = grid[end - 14 + i][8] = bit(i);
  grid[end - 7][8] = true;
}

// writeVersion writes 18 bits to the two places of the version (§7.10).
function writeVersion(grid, bit) {
  for (let i = 0; i < 18; i++) {
    const far = grid.length - 11 + (i % 3);
    grid[far][Math.floor(i / 3)] = grid[Math.floor(i / 3)][far] = bit(i);
  }
}

// withCheck appends the remainder of a division by a generator to a number (annexes C and D).
function withCheck(number, generator, length) {
  let rest = number << length;
  for (let i = 31 - Math.clz32(rest); i >= length; i--) if ((rest >> i) & 1) rest ^= generator << (i - length);
  return (number << length) | rest;
}

// codewords returns what fills the data cells, or null if the text does not fit.
function codewords(bytes, version, room) {
  const [check, blocks] = correction[version - 1];
  const capacity = room - check * blocks;
  const count = version < 10 ? 8 : 16;
  if (4 + count + 8 * bytes.length > 8 * capacity) return null;
  const bits = [];
  const push = (value, length) => {
    for (let i = length - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  push(0b0100, 4); // byte mode
  push(bytes.length, count);
  for (const byte of bytes) push(byte, 8);
  push(0, Math.min(4, 8 * capacity - bits.length));
  while (bits.length % 8) bits.push(0);
  for (let pad = 0xec; bits.length < 8 * capacity; pad ^= 0xec ^ 0x11) push(pad, 8);
  const data = Array.from({ length: capacity }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8).join(""), 2));
  return interleave(data, check, blocks);
}

// interleave spreads the blocks, of which the last may be one longer, so that a smear hits each a little.
function interleave(data, check, blocks) {
  const parts = [];
  for (let i = 0, at = 0; i < blocks; i++) {
    const length = Math.floor(data.length / blocks) + (i >= blocks - (data.length % blocks) ? 1 : 0);
    parts.push(data.slice(at, (at += length)));
  }
  const checks = parts.map((part) => remainder(part, check));
  const inTurn = (lists) => Array.from({ length: Math.max(...lists.map((l) => l.length)) }, (_, i) => lists.map((l) => l[i])).flat();
  return [...inTurn(parts), ...inTurn(checks)].filter((word) => word !== undefined);
}

// powers and logs are those of the field with 256 elements (§7.5.2): sums are exclusive ors there.
const powers = [1];
for (let i = 1; i < 255; i++) powers[i] = (powers[i - 1] << 1) ^ (powers[i - 1] & 0x80 ? 0x11d : 0);
const logs = [];
powers.forEach((power, i) => (logs[power] = i));
const times = (a, b) => (a && b ? powers[(logs[a] + logs[b]) % 255] : 0);

// remainder returns the Reed-Solomon codewords of a block.
function remainder(part, length) {
  let generator = [1];
  for (let i = 0; i < length; i++) {
    generator = [...generator, 0].map((c, j) => c ^ times(generator[j - 1] ?? 0, powers[i]));
  }
  const rest = [...part, ...Array(length).fill(0)];
  for (let i = 0; i < part.length; i++) {
    const factor = rest[i];
    generator.forEach((c, j) => (rest[i + j] ^= times(c, factor)));
  }
  return rest.slice(part.length);
}

const masks = [
  (y, x) => (y + x) % 2, (y) => y % 2, (y, x) => x % 3, (y, x) => (y + x) % 3,
  (y, x) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2, (y, x) => ((y * x) % 2) + ((y * x) % 3),
  (y, x) => (((y * x) % 2) + ((y * x) % 3)) % 2, (y, x) => (((y + x) % 2) + ((y * x) % 3)) % 2,
];

// best fills a grid under each mask and returns the one that is read most easily.
function best(grid, version, words) {
  const path = zigzag(grid);
  const filled = masks.map((mask, n) => {
    const rows = grid.map((row) => [...row]);
    path.forEach(([y, x], i) => {
      const bit = i < 8 * words.length && (words[i >> 3] >> (7 - (i & 7))) & 1;
      rows[y][x] = Boolean(bit) !== (mask(y, x) === 0);
    });
    const format = withCheck(n, 0x537, 10) ^ 0x5412; // level M is 00
    writeFormat(rows, (i) => Boolean((format >> i) & 1));
    if (version >= 7) {
      const bits = withCheck(version, 0x1f25, 12);
      writeVersion(rows, (i) => Boolean((bits >> i) & 1));
    }
    return { rows, fault: penalty(rows) };
  });
  return filled.reduce((a, b) => (b.fault < a.fault ? b : a)).rows;
}

// zigzag lists the data cells in the order in which they are filled: two columns at a time from the right,
// up and down in turn, around the column of the timing pattern.
function zigzag(grid) {
  const cells = [];
  let up = true;
  for (let right = grid.length - 1; right > 0; right -= right === 8 ? 3 : 2, up = !up) {
    for (let i = 0; i < grid.length; i++) {
      const y = up ? grid.length - 1 - i : i;
      for (const x of [right, right - 1]) if (grid[y][x] === null) cells.push([y, x]);
    }
  }
  return cells;
}

// penalty counts what makes a code hard to read (§7.8.3): long runs, blocks, what looks like a finder
// pattern, and too much of one colour.
function penalty(rows) {
  const size = rows.length;
  const lines = [...rows, ...rows.map((_, x) => rows.map((row) => row[x]))].map((line) => line.map(Number).join(""));
  let sum = 0;
  for (const line of lines) {
    for (const [run] of line.matchAll(/0{5,}|1{5,}/g)) sum += run.length - 2;
    sum += 40 * [...line.matchAll(/(?=00001011101|10111010000)/g)].length;
  }
  for (let y = 1; y < size; y++) {
    for (let x = 1; x < size; x++) {
      if (new Set([rows[y][x], rows[y - 1][x], rows[y][x - 1], rows[y - 1][x - 1]]).size === 1) sum += 3;
    }
  }
  const dark = rows.flat().filter(Boolean).length;
  return sum + 10 * Math.floor(Math.abs((100 * dark) / size ** 2 - 50) / 5);
}
