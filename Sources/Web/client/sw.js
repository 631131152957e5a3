// The shell of the page, so that it opens while the realm is away. What the realm has now always comes first.

const shelf = 'moot-shell';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

function isShell(request) {
  const { origin, pathname } = new URL(request.url);
  return request.method === 'GET' && origin === self.location.origin
    && (pathname === '/' || /\.(?:js|css|svg|webmanifest)$/.test(pathname));
}

async function answer(request) {
  const cache = await caches.open(shelf);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener('fetch', (event) => {
  if (isShell(event.request)) event.respondWith(answer(event.request));
});
