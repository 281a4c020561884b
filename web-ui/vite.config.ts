import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// What `make web` builds is embedded by the crate beside it; `npm run dev` talks to a running server instead.
export default defineConfig({
  plugins: [react()],
  // The server puts a nonce of its own here for each response.
  html: { cspNonce: '__USHER_NONCE__' },
  build: {
    outDir: 'dist/ui',
    emptyOutDir: true,
    target: 'es2023',
    // Files inside of files would need exceptions in the content security policy.
    assetsInlineLimit: 0,
    manifest: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': process.env.USHER_URL ?? 'http://127.0.0.1:4600' } },
});
