/// <reference types="vitest/config" />
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Where a console listens while the page is worked on: `cargo xtask demo` prints its address.
const console_url = process.env["TENON_URL"] ?? "http://127.0.0.1:8443";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    // Every file has its content's hash in its name, so that browsers may keep it for ever.
    assetsDir: "assets",
    assetsInlineLimit: 0,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: { proxy: { "/api": console_url } },
  preview: { proxy: { "/api": console_url } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
