import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardedHeaders, isPassedOn } from './backend.ts'
import { rewrittenHtml, rewrittenUrl } from './rewrite.ts'

const place = { scheme: 'https', host: 'api.example:6443', prefix: '/api/v1/namespaces/n/pods/p/proxy', backendHost: '10.0.0.7:80' }

for (const [given, wanted] of [
  ['/login?next=1#top', '/api/v1/namespaces/n/pods/p/proxy/login?next=1#top'],
  ['/', '/api/v1/namespaces/n/pods/p/proxy/'],
  ['http://10.0.0.7:80/login/', 'https://api.example:6443/api/v1/namespaces/n/pods/p/proxy/login/'],
  ['http://api.example:6443/login', 'https://api.example:6443/api/v1/namespaces/n/pods/p/proxy/login'],
  ['/api/v1/namespaces/n/pods/p/proxy/there', '/api/v1/namespaces/n/pods/p/proxy/there'],
  ['http://elsewhere.example/login', 'http://elsewhere.example/login'],
  ['next', 'next'],
  ['?page=2', '?page=2'],
  ['mailto:jane@example', 'mailto:jane@example'],
] as const) test(`the URL ${given} leads to ${wanted}`, () => { assert.equal(rewrittenUrl(given, place), wanted) })

test('links of a page are led back, its text and comments are not touched', () => {
  const page = '<html><head><LINK rel=stylesheet href="/style.css"></head><!-- <a href="/no"> --><body><a title="/x" href=\'/a?b=1&amp;c\'>/a</a><img src=/i.png><p href="/p">if (a < b) "/q"</p><form action="go"></form></body></html>'
  const at = place.prefix
  assert.equal(rewrittenHtml(page, place), page.replace('/style.css', `${at}/style.css`).replace('\'/a?b', `'${at}/a?b`).replace('/i.png', `${at}/i.png`))
})

test('only the bodies of proxy requests are passed on unread', () => {
  for (const path of ['/api/v1/namespaces/n/pods/p:80/proxy', '/api/v1/namespaces/n/services/https:s:443/proxy/a/b', '/api/v1/nodes/m/proxy/stats?x=1']) assert.equal(isPassedOn(path), true, path)
  for (const path of ['/api/v1/namespaces/n/pods/proxy', '/api/v1/namespaces/n/configmaps/c/proxy', '/apis/apps/v1/nodes/m/proxy']) assert.equal(isPassedOn(path), false, path)
})

test('what is for us or for the connection is not passed on', () => {
  const headers = { host: 'api', authorization: 'Bearer x', connection: 'keep-alive, x-hop', 'x-hop': '1', 'impersonate-user': 'a', 'content-type': 'text/plain', 'x-forwarded-for': '192.0.2.9', ':path': '/', te: 'trailers' }
  assert.deepEqual(forwardedHeaders({ headers, remote: '::ffff:192.0.2.1' }), { host: 'api', 'content-type': 'text/plain', 'x-forwarded-for': '192.0.2.9, 192.0.2.1' })
})
