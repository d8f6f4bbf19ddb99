// CSV as RFC 4180 has it, safe to open in a spreadsheet.

/** Returns a line of CSV. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

/** A spreadsheet would run a cell that begins like this; an apostrophe makes it text. */
const STARTS_FORMULA = /^[=+\-@\t\r]/;

function cell(text: string): string {
  const tame = STARTS_FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}

/** Hands a file to the person. */
export function download(name: string, type: string, parts: BlobPart[]): void {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
