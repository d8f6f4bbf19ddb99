// Reads server-sent events from a body as it arrives.
export interface ServerEvent {
  id: string;
  data: string;
}

/** The longest line that is kept: the console's largest change is far below. What is longer is dropped. */
const LONGEST_LINE = 1 << 20;

/** Takes text in any pieces, and returns the events that are complete. */
export class EventReader {
  #rest = "";
  #id = "";
  #data: string[] = [];

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > LONGEST_LINE) this.#rest = "";
    for (const line of lines) {
      if (line === "") {
        if (this.#data.length > 0) events.push({ id: this.#id, data: this.#data.join("\n") });
        this.#data = [];
      } else if (line.startsWith("data:")) {
        this.#data.push(value(line));
      } else if (line.startsWith("id:")) {
        this.#id = value(line);
      }
    }
    return events;
  }
}

function value(line: string): string {
  const text = line.slice(line.indexOf(":") + 1);
  return text.startsWith(" ") ? text.slice(1) : text;
}
