// Puts a gzip of each text file beside it, so that the console sends it as it is instead of packing it at each request.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const folder = new URL("dist/assets/", import.meta.url);
for (const name of readdirSync(folder)) {
  if (/\.(js|css|svg)$/.test(name)) {
    writeFileSync(new URL(`${name}.gz`, folder), gzipSync(readFileSync(new URL(name, folder)), { level: 9 }));
  }
}
