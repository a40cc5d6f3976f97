// Recorded transcripts against a server: HTTP client, path language, normaliser, runner. What is recorded and how: README.md beside this file.
import https from 'node:https';
import http from 'node:http';
import fs from 'node:fs';

// ---------------------------------------------------------------- HTTP
export class Client {
  constructor(o) {
    this.base = new URL(o.server);
    this.lib = this.base.protocol === 'http:' ? http : https;
    this.token = o.token;
    const tls = { rejectUnauthorized: !o.insecure };
    if (o.ca) tls.ca = fs.readFileSync(o.ca);
    this.plain = new this.lib.Agent({ keepAlive: true, maxSockets: 8, ...tls });
    if (o.cert) { tls.cert = fs.readFileSync(o.cert); tls.key = fs.readFileSync(o.key); }
    this.agent = new this.lib.Agent({ keepAlive: true, maxSockets: 8, ...tls });
  }
  open(r, timeoutMs = 60000) { // -> {res, req}
    return new Promise((resolve, reject) => {
      const headers = { 'User-Agent': 'golden/1.0 (corpus)', Accept: 'application/json' };
      for (const [k, v] of Object.entries(r.headers || {})) {
        for (const h of Object.keys(headers)) if (h.toLowerCase() === k.toLowerCase()) delete headers[h];
        if (v !== null) headers[k] = v;
      }
      let agent = this.agent;
      if (r.auth === 'none') agent = this.plain;
      else if (r.auth && r.auth.token !== undefined) { agent = this.plain; headers.Authorization = 'Bearer ' + r.auth.token; }
      else if (this.token) headers.Authorization = 'Bearer ' + this.token;
      let body;
      if (r.bodyFill) body = r.bodyFill.prefix + r.bodyFill.fill.repeat(r.bodyFill.count) + r.bodyFill.suffix;
      else if (typeof r.body === 'string') body = r.body;
      else if (r.body !== undefined) body = JSON.stringify(r.body);
      if (body !== undefined) {
        const has = Object.keys(headers).some(h => h.toLowerCase() === 'content-type');
        if (!has && !(r.headers && 'Content-Type' in r.headers)) headers['Content-Type'] = 'application/json';
        headers['Content-Length'] = Buffer.byteLength(body);
      } else if (['POST', 'PUT', 'PATCH'].includes(r.method)) headers['Content-Length'] = 0;
      const req = this.lib.request({ host: this.base.hostname, port: this.base.port, method: r.method || 'GET', path: r.path, headers, agent }, res => resolve({ res, req }));
      req.setTimeout(timeoutMs, () => req.destroy(new Error('timeout')));
      req.on('error', reject);
      if (body !== undefined) req.write(body);
      req.end();
    });
  }
  async request(r, timeoutMs) {
    for (let attempt = 0; ; attempt++) {
      try {
        const { res } = await this.open(r, timeoutMs);
        const chunks = [];
        for await (const c of res) chunks.push(c);
        return { status: res.statusCode, headers: collectHeaders(res), text: Buffer.concat(chunks).toString('utf8') };
      } catch (e) { // a stale keep-alive connection: try once more
        if (attempt === 0 && (e.code === 'ECONNRESET' || e.code === 'EPIPE')) continue;
        throw e;
      }
    }
  }
}
const KEEP = ['content-type', 'warning', 'allow', 'location', 'retry-after', 'www-authenticate', 'accept-patch'];
function collectHeaders(res) {
  const out = {};
  for (let i = 0; i < res.rawHeaders.length; i += 2) {
    const k = res.rawHeaders[i].toLowerCase();
    if (!KEEP.includes(k)) continue;
    if (k === 'warning') (out[k] ||= []).push(res.rawHeaders[i + 1]);
    else out[k] = out[k] === undefined ? res.rawHeaders[i + 1] : out[k] + ', ' + res.rawHeaders[i + 1];
  }
  return out;
}
const sleep = ms => new Promise(r => setTimeout(r, ms));

// ---------------------------------------------------------------- paths: a.b[0].c, ["k.e/y"], [k=v], [*], #
export function parsePath(p) {
  const out = []; let i = 0;
  while (i < p.length) {
    if (p[i] === '.') { i++; continue; }
    if (p[i] === '[') {
      if (p[i + 1] === '"') { const j = p.indexOf('"]', i + 2); out.push({ k: p.slice(i + 2, j) }); i = j + 2; continue; }
      const j = p.indexOf(']', i); const s = p.slice(i + 1, j); i = j + 1;
      if (s === '*') out.push({ all: true });
      else if (/^-?\d+$/.test(s)) out.push({ n: +s });
      else { const q = s.indexOf('='); out.push({ fk: s.slice(0, q), fv: s.slice(q + 1) }); }
      continue;
    }
    let j = i; while (j < p.length && p[j] !== '.' && p[j] !== '[') j++;
    const k = p.slice(i, j); i = j;
    out.push(k === '#' ? { len: true } : k === '*' ? { all: true } : { k });
  }
  return out;
}
const dig = (o, f) => f.split('/').reduce((a, k) => (a == null ? undefined : a[k]), o);
export function getPath(v, path) {
  let cur = v;
  for (const s of typeof path === 'string' ? parsePath(path) : path) {
    if (cur === null || cur === undefined) return undefined;
    if (s.k !== undefined) cur = cur[s.k];
    else if (s.n !== undefined) cur = cur[s.n < 0 ? cur.length + s.n : s.n];
    else if (s.len) return Array.isArray(cur) ? cur.length : typeof cur === 'object' ? Object.keys(cur).length : String(cur).length;
    else if (s.fk !== undefined) { if (!Array.isArray(cur)) return undefined; cur = cur.find(e => String(dig(e, s.fk)) === s.fv); }
    else return undefined;
  }
  return cur;
}
function delPath(v, segs) {
  if (v === null || typeof v !== 'object') return;
  const [s, ...rest] = segs;
  const hit = [];
  if (s.all) hit.push(...Object.keys(v));
  else if (s.k !== undefined) { if (s.k in v) hit.push(s.k); }
  else if (s.n !== undefined) { if (v[s.n] !== undefined) hit.push(s.n); }
  else if (s.fk !== undefined && Array.isArray(v)) v.forEach((e, i) => { if (String(dig(e, s.fk)) === s.fv) hit.push(i); });
  for (const k of hit) {
    if (rest.length) { const before = v[k] && typeof v[k] === 'object' ? Object.keys(v[k]).length : 0; delPath(v[k], rest); if (before && !Array.isArray(v[k]) && Object.keys(v[k]).length === 0 && !Array.isArray(v)) delete v[k]; }
    else if (Array.isArray(v)) v[k] = '<ignored>'; else delete v[k];
  }
}
function pick(v, path) { // -> array of [concretePath, value]
  const segs = parsePath(path); let cur = [['', v]];
  for (const s of segs) {
    const nx = [];
    for (const [p, o] of cur) {
      if (s.all && o && typeof o === 'object') for (const k of Object.keys(o)) nx.push([p + '[' + k + ']', o[k]]);
      else if (s.all) nx.push([p + '[*]', undefined]);
      else nx.push([p + (s.k !== undefined ? '.' + s.k : s.n !== undefined ? `[${s.n}]` : s.len ? '.#' : `[${s.fk}=${s.fv}]`), getPath(o, [s])]);
    }
    cur = nx;
  }
  return cur;
}

// ---------------------------------------------------------------- normalisation
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g;
const GOTIME = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC( m=[+-][\d.]+)?/g;
const JWT = /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+/g;
const CIP = /\b10\.0\.\d{1,3}\.\d{1,3}\b/g;
const AGE = /^(\d+(y|d|h|m|s|ms))+$/;

export class Normaliser {
  constructor(requestText) { this.req = requestText; this.tokens = new Map(); this.sorted = []; this.gen = [...new Set([...requestText.matchAll(/"generateName":"([^"]+)"/g)].map(m => m[1].slice(0, 58)))]; }
  learn(value, token) {
    if (typeof value !== 'string' || value.length < 4 || this.tokens.has(value) || this.req.includes(value)) return;
    this.tokens.set(value, token);
    this.sorted = [...this.tokens.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  }
  learnFrom(o) {
    if (Array.isArray(o)) { o.forEach(e => this.learnFrom(e)); return; }
    if (!o || typeof o !== 'object') return;
    const m = o.metadata && typeof o.metadata === 'object' ? o.metadata : undefined;
    if (m) {
      const L = m.labels || {};
      for (const k of ['pod-template-hash', 'controller-revision-hash', 'controller.kubernetes.io/hash'])
        if (typeof L[k] === 'string') this.learn(L[k].includes('-') ? L[k].slice(L[k].lastIndexOf('-') + 1) : L[k], '<hash>');
      if (typeof m.generateName === 'string' && typeof m.name === 'string' && m.name.startsWith(m.generateName) && m.generateName)
        this.learn(m.name, this.str(m.generateName) + '<gen>');
    }
    if (o.status && typeof o.status === 'object') for (const k of ['currentRevision', 'updateRevision'])
      if (typeof o.status[k] === 'string' && o.status[k].includes('-')) this.learn(o.status[k].slice(o.status[k].lastIndexOf('-') + 1), '<hash>');
    for (const k of Object.keys(o)) this.learnFrom(o[k]);
  }
  str(s) {
    for (const k of this.sorted) if (s.includes(k)) s = s.split(k).join(this.tokens.get(k));
    const keep = re => (m, ...a) => (this.req.includes(m) ? m : re);
    s = s.replace(UUID, keep('<uid>'));
    s = s.replace(TIME, (m, fr) => (this.req.includes(m) ? m : fr ? '<microtime>' : '<time>'));
    s = s.replace(GOTIME, keep('<time>'));
    s = s.replace(JWT, keep('<jwt>'));
    s = s.replace(CIP, keep('<clusterip>'));
    s = s.replace(/(resource ?[vV]ersion(?: in precondition| too large)?[: ]+"?)(\d+)( \(\d+\))?/g, (m, a, b, c) => a + (this.req.includes(b) ? b : '<rv>') + (c ? ' (<rv>)' : ''));
    s = s.replace(/Invalid value: "\{\\"apiVersion\\":[\s\S]*?\}": /g, 'Invalid value: "<object>": ');
    for (const p of this.gen) s = s.split(p).map((x, i) => (i && /^[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])/.test(x) ? '<gen>' + x.slice(5) : x)).join(p);
    s = s.replace(/(resourceVersion\\?"?: ?\\?")(\d+)(\\?")/g, '$1<rv>$3');
    s = s.replace(/(ResourceVersion in record \()\d+\)/g, '$1<rv>)');
    s = s.replace(/(Too large resource version: )(\d+)(, current: )(\d+)/g, '$1$2$3<rv>');
    s = s.replace(/(current: |UID in object meta: |in object meta: )(\d+)/g, '$1<rv>');
    s = s.replace(/\n[ \u00a0\t]+(&?[\w.]+\{|\()[\s\S]*$/, m => (/\n[ \u00a0+-]+/.test(m) && /[{(]\n/.test(m) ? '<go-diff>' : m));
    s = s.replace(/:(3[0-2]\d{3})\/(TCP|UDP|SCTP)/g, (m, a, b) => (this.req.includes(a) ? m : ':<nodeport>/' + b));
    s = s.replace(/kube-api-access-[a-z0-9]{5}(?![a-z0-9])/g, 'kube-api-access-<gen>');
    return s;
  }
  val(v, key, parents) {
    if (typeof v === 'string') {
      if (key === 'resourceVersion') return v === '' || v === '0' ? v : /^\d+$/.test(v) && !(this.req.includes('"resourceVersion":"' + v + '"')) ? '<rv>' : /^\d+$/.test(v) ? '<rv>' : this.str(v);
      if (key === 'continue') return v === '' ? v : '<continue>';
      if (key === 'certificate') return v ? '<certificate>' : v;
      return this.str(v);
    }
    if (typeof v === 'number' && /nodePort|NodePort/.test(key || '') && v >= 30000 && v <= 32767 && !this.req.includes(String(v))) return '<nodeport>';
    if (Array.isArray(v)) {
      let a = v.map(e => this.val(e, undefined));
      if (key === 'managedFields') a.sort((x, y) => (mfKey(x) < mfKey(y) ? -1 : 1));
      return a;
    }
    if (v && typeof v === 'object') {
      const o = {};
      for (const k of Object.keys(v).sort()) o[this.str(k)] = this.val(v[k], k);
      return o;
    }
    return v;
  }
  body(text, contentType) {
    if (text === '') return '';
    let j;
    if (/json/.test(contentType || '')) { try { j = JSON.parse(text); } catch { /* fall through */ } }
    if (j === undefined) return this.text(text);
    return this.json(j);
  }
  text(t) { return this.str(t).split('\n').map(l => l.replace(/(resourceVersion: )"\d+"/, '$1"<rv>"')).join('\n'); }
  json(j) {
    this.learnFrom(j);
    const v = this.val(j);
    if (v && typeof v === 'object' && v.kind === 'Table' && Array.isArray(v.rows)) {
      const ageCols = (v.columnDefinitions || []).map((c, i) => (/^(age|last schedule|duration|last seen|first seen|expires?)$/i.test(c.name) ? i : -1)).filter(i => i >= 0);
      const noCols = !(v.columnDefinitions || []).length;
      for (const r of v.rows) if (Array.isArray(r.cells)) for (const i of noCols ? r.cells.keys() : ageCols) if (typeof r.cells[i] === 'string' && AGE.test(r.cells[i])) r.cells[i] = '<age>';
      if (JSON.stringify(v.rows).includes('<gen>')) v.rows.sort(byJSON);
    }
    sortCustomCauses(v);
    if (v && v.kind === 'SelfSubjectRulesReview' && v.status) for (const k of ['resourceRules', 'nonResourceRules']) if (Array.isArray(v.status[k])) v.status[k].sort(byJSON);
    if (v && v.kind === 'Status' && v.reason === 'Conflict' && v.details && Array.isArray(v.details.causes)) v.details.causes.sort(byJSON);
    if (v && typeof v === 'object' && Array.isArray(v.items) && JSON.stringify(v.items).includes('<gen>')) v.items.sort(byJSON);
    return v;
  }
}
// Several schema errors of one custom resource come in random order (Go map iteration): causes and the list in the message are sorted.
export function sortCustomCauses(v) {
  if (!v || v.kind !== 'Status' || v.reason !== 'Invalid' || !v.details || !/\.example$/.test(v.details.group || '')) return;
  const c = v.details.causes; if (!Array.isArray(c) || c.length < 2 || typeof v.message !== 'string') return;
  const i = v.message.indexOf(' is invalid: ['); if (i < 0) return;
  const parts = c.map(x => x.field + ': ' + x.message); const list = v.message.slice(i + 14, -1);
  if (list.length !== parts.join(', ').length || !parts.every(p => list.includes(p))) return;
  c.sort(byJSON); v.message = v.message.slice(0, i + 14) + c.map(x => x.field + ': ' + x.message).join(', ') + ']';
}
const byJSON = (a, b) => { const x = JSON.stringify(a), y = JSON.stringify(b); return x < y ? -1 : x > y ? 1 : 0; };
const mfKey = m => [m && m.operation, m && m.subresource, m && m.manager, m && m.apiVersion, JSON.stringify(m)].join('\u0000');

// ---------------------------------------------------------------- transcript runner
export const requestText = t => JSON.stringify((t.steps || []).map(s => ({ r: s.request, w: s.watch, d: s.during })));

export function subst(v, vars) {
  if (typeof v === 'string') {
    const whole = /^\$\{(\w+)\}$/.exec(v);
    if (whole && whole[1] in vars) return vars[whole[1]];
    return v.replace(/\$\{(\w+)\}/g, (m, k) => (k in vars ? String(vars[k]) : m));
  }
  if (Array.isArray(v)) return v.map(e => subst(e, vars));
  if (v && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, e]) => [subst(k, vars), subst(e, vars)]));
  return v;
}
const sstr = r => { const o = { ...r }; if (o.path !== undefined) o.path = String(o.path); return o; };

async function runWait(client, w, vars) {
  w = subst(w, vars);
  const end = Date.now() + (w.timeoutSeconds || 30) * 1000;
  let last;
  for (let d = 40; ; d = Math.min(d * 1.5, 700)) {
    try {
      const r = await client.request(sstr({ method: w.method || 'GET', path: w.path, headers: w.headers, body: w.body, auth: w.auth }), 20000);
      let j; try { j = JSON.parse(r.text); } catch { j = undefined; }
      last = { status: r.status, value: w.jsonPath ? getPath(j, w.jsonPath) : undefined };
      let ok = true;
      if (w.status !== undefined) ok = r.status === w.status;
      else if (r.status >= 400) ok = false;
      if (ok && w.jsonPath) {
        const v = last.value;
        if (w.absent) ok = v === undefined;
        else if (w.exists) ok = v !== undefined;
        else if (w.matches) ok = v !== undefined && new RegExp(w.matches).test(typeof v === 'string' ? v : JSON.stringify(v));
        else ok = JSON.stringify(v) === JSON.stringify(w.equals);
      }
      if (ok) { if (w.settleMs) await sleep(w.settleMs); return { ok: true }; }
    } catch (e) { last = { error: String(e.message || e) }; }
    if (Date.now() > end) return { ok: false, last };
    await sleep(d);
  }
}

async function runWatch(client, step, vars, norm, extra) {
  const until = step.until || {};
  const secs = until.seconds || 15, max = until.events || Infinity;
  const { res, req } = await client.open(sstr({ method: 'GET', path: subst(step.watch, vars), headers: subst(step.headers, vars), auth: subst(step.auth, vars) }));
  const headers = collectHeaders(res);
  if (res.statusCode !== 200) {
    const chunks = []; for await (const c of res) chunks.push(c);
    return { status: res.statusCode, headers, body: norm.body(Buffer.concat(chunks).toString(), headers['content-type']) };
  }
  const events = []; let buf = '';
  let finish; const done = new Promise(r => (finish = r));
  const timer = setTimeout(() => finish('time'), secs * 1000);
  res.on('data', c => {
    buf += c.toString('utf8');
    let i;
    while ((i = buf.indexOf('\n')) >= 0) {
      const line = buf.slice(0, i); buf = buf.slice(i + 1);
      if (!line.trim()) continue;
      try { events.push(JSON.parse(line)); } catch { events.push({ type: 'UNPARSABLE', object: line }); }
      if (events.length >= max) finish('n');
    }
  });
  res.on('end', () => finish('end')); res.on('error', () => finish('err')); req.on('error', () => finish('err'));
  let duringStatus;
  if (step.during) {
    await sleep(150); duringStatus = [];
    for (const r of step.during) {
      if (r.sleepMs) { await sleep(r.sleepMs); continue; }
      const x = await client.request(sstr(subst(r, vars))); duringStatus.push(x.status); if (extra) extra(x); }
  }
  await done; clearTimeout(timer); req.destroy();
  const evs = events.slice(0, max === Infinity ? undefined : max);
  const out = evs.map(e => (e && e.type && e.object ? { type: e.type, object: norm.json(e.object) } : { type: 'NOT-A-WATCH-EVENT', object: norm.json(e) }));
  if (step.sortEvents) out.sort(byJSON);
  const r = { status: 200, headers, events: out };
  if (duringStatus) r.during = duringStatus;
  return r;
}

// Runs one transcript. onStep(step, actual|{error}, info). Returns nothing.
export async function runTranscript(client, t, onStep) {
  const norm = new Normaliser(requestText(t));
  const vars = {};
  const runList = async (steps, report) => {
    for (const step of steps) {
      let actual = {}, t0 = Date.now();
      try {
        if (step.sleepMs) await sleep(step.sleepMs);
        if (step.waitFor) {
          const w = await runWait(client, step.waitFor, vars);
          actual.waited = w.ok; if (!w.ok) actual.last = w.last;
        }
        if (step.watch) Object.assign(actual, await runWatch(client, step, vars, norm));
        else if (step.request) {
          const r = await client.request(sstr(subst(step.request, vars)));
          actual.status = r.status; actual.headers = {};
          for (const [k, v] of Object.entries(r.headers)) actual.headers[k] = Array.isArray(v) ? v.map(x => norm.str(x)) : norm.str(v);
          let raw; try { raw = JSON.parse(r.text); } catch { raw = undefined; }
          if (step.capture) for (const [k, p] of Object.entries(step.capture)) {
            const v = getPath(raw, p);
            if (v === undefined) { actual.captureMissing = [...(actual.captureMissing || []), k]; continue; }
            vars[k] = v; if (typeof v === 'string' && !/^\d+$/.test(v)) norm.learn(v, '<' + k + '>');
          }
          actual.body = norm.body(r.text, r.headers['content-type']);
        }
        actual = shape(step, actual);
      } catch (e) { actual = { error: String(e.message || e) }; }
      if (report) await onStep(step, actual, { ms: Date.now() - t0 });
    }
  };
  if (t.pre) await runList(t.pre, false);
  await runList(t.steps, true);
  if (t.cleanup) await runList(t.cleanup, false);
}

// applies ignore / subset
export function shape(step, actual) {
  if (step.ignore) for (const p of step.ignore) {
    const segs = parsePath(p);
    if (actual.body && typeof actual.body === 'object') delPath(actual.body, segs);
    if (actual.events) for (const e of actual.events) delPath(e.object, segs);
  }
  if (step.compare === 'subset') {
    const one = b => { const o = {}; for (const p of step.paths || []) for (const [k, v] of pick(b, p)) o[k.replace(/^\./, '')] = v === undefined ? '<absent>' : v; return o; };
    if (actual.events) actual.events = actual.events.map(e => ({ type: e.type, object: one(e.object) }));
    else if ('body' in actual) actual.body = one(actual.body);
    if (step.ignoreHeaders) delete actual.headers;
  }
  if (step.compare === 'status') { delete actual.body; delete actual.headers; }
  return actual;
}

export function diff(a, b, path = '$', out = []) { // a expected, b actual
  if (out.length > 60) return out;
  if (a === b) return out;
  const ta = Array.isArray(a) ? 'array' : a === null ? 'null' : typeof a, tb = Array.isArray(b) ? 'array' : b === null ? 'null' : typeof b;
  if (ta !== tb) { out.push({ path, expected: a, actual: b }); return out; }
  if (ta === 'array') {
    if (a.length !== b.length) out.push({ path: path + '.length', expected: a.length, actual: b.length });
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      if (i >= a.length) out.push({ path: `${path}[${i}]`, expected: undefined, actual: b[i] });
      else if (i >= b.length) out.push({ path: `${path}[${i}]`, expected: a[i], actual: undefined });
      else diff(a[i], b[i], `${path}[${i}]`, out);
    }
    return out;
  }
  if (ta === 'object') {
    for (const k of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) {
      const p = /^[\w-]+$/.test(k) ? `${path}.${k}` : `${path}[${JSON.stringify(k)}]`;
      if (!(k in a)) out.push({ path: p, expected: undefined, actual: b[k] });
      else if (!(k in b)) out.push({ path: p, expected: a[k], actual: undefined });
      else diff(a[k], b[k], p, out);
    }
    return out;
  }
  out.push({ path, expected: a, actual: b });
  return out;
}

export async function clearNamespaces(client, t) { // leftovers of an earlier, broken run
  for (const ns of t.namespaces || []) {
    let r = await client.request({ method: 'GET', path: '/api/v1/namespaces/' + ns });
    if (r.status === 404) continue;
    await client.request({ method: 'DELETE', path: '/api/v1/namespaces/' + ns });
    const end = Date.now() + 40000;
    while (Date.now() < end) {
      await client.request({ method: 'DELETE', path: `/api/v1/namespaces/${ns}/pods?gracePeriodSeconds=0` });
      r = await client.request({ method: 'GET', path: '/api/v1/namespaces/' + ns });
      if (r.status === 404) break;
      await sleep(300);
    }
  }
}
