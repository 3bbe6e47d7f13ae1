/*
 * Decisions of other engines, on the policies and the queries of bench_check.
 *
 *	peers.js POLICY ROLES TOOLS WRIT_NS WRIT_ALLOWED WRIT_WHOLE_NS DIRECTORY
 *
 * In: a policy of genpolicy.c, what bench_check --names measured with it, and bench_whole --mean. Out:
 * one line an engine, with the time to load the policy, the mean of a decision and its ratio to
 * Writ's, and both for a decision that also takes a call out of a rate and is recorded. Each is
 * used as its documentation says it is fastest: policies parsed beforehand, roles looked up once.
 * Every verdict is compared with that of the map, which holds each role's tools written out, and the
 * map's with Writ's: an engine that decides something else ends the run.
 */
'use strict';

const fs = require('fs');

const SECOND = 1000000000n;
const MASK = (1n << 64n) - 1n;
const QUERIES = 1 << 16;
const SLICE = 1 << 12; /* queries that are timed together, as in bench_check */
const FEWEST = 16; /* queries of an engine that takes long */

/* "role r extends p { allow a, b_*; deny c; }", as genpolicy writes it. */
function readPolicy(path) {
	const text = fs.readFileSync(path, 'utf8');
	const tools = [...text.matchAll(/^tool (\w+) /gm)].map((match) => match[1]);
	const roles = new Map();

	for (const [, name, parent, body] of text.matchAll(
		/^role (\w+)(?: extends (\w+))? \{([^}]*)\}/gm)) {
		const rules = [];

		for (const [, verdict, patterns] of body.matchAll(/(allow|deny) ([^;]*);/g))
			for (const pattern of patterns.split(', '))
				rules.push({ verdict, pattern: pattern.trim() });
		roles.set(name, { name, parent, rules });
	}
	return { tools, roles };
}

/* bench_random(): xorshift64*. The queries are those of bench_check. */
function makeQueries(nRoles, nTools) {
	let state = 0xD6E8FEB86659FD93n;
	const random = (n) => {
		state ^= state >> 12n;
		state ^= (state << 25n) & MASK;
		state ^= state >> 27n;
		return Number(((state * 0x2545F4914F6CDD1Dn) & MASK) % BigInt(n));
	};
	const queries = [];

	for (let i = 0; i < QUERIES; i++) {
		const tool = random(nTools);

		queries.push({
			role: `role${random(nRoles)}`,
			tool: `family${Math.floor(tool / 20)}_tool${tool}`,
		});
	}
	return queries;
}

/* A role's own rules and those of the roles it extends. */
function allRules(policy, role) {
	const own = policy.roles.get(role);

	return own.parent ? [...allRules(policy, own.parent), ...own.rules] : own.rules;
}

function toolsOf(policy, { pattern }) {
	if (!pattern.endsWith('*'))
		return [pattern];
	return policy.tools.filter((tool) => tool.startsWith(pattern.slice(0, -1)));
}

/* Each tool a role may call; denials taken out. */
function expand(policy, role) {
	const rules = allRules(policy, role);
	const tools = (verdict) => new Set(rules.filter((rule) => rule.verdict === verdict)
		.flatMap((rule) => toolsOf(policy, rule)));
	const denied = tools('deny');

	return [...tools('allow')].filter((tool) => !denied.has(tool));
}

function loadMap(policy) {
	const allowed = new Map();

	for (const role of policy.roles.keys())
		allowed.set(role, new Set(expand(policy, role)));
	return (query) => allowed.get(query.role).has(query.tool);
}

/* One ability a role, made beforehand; a later rule beats an earlier one, so denials come last. */
function loadCasl(policy) {
	const { createMongoAbility } = require('@casl/ability');
	const abilities = new Map();

	for (const role of policy.roles.keys())
		abilities.set(role, createMongoAbility(
			expand(policy, role).map((tool) => ({ action: tool, subject: 'tool' }))));
	return (query) => abilities.get(query.role).can(query.tool, 'tool');
}

async function loadCasbin(policy) {
	const { newEnforcer, newModelFromString, StringAdapter } = require('casbin');
	const model = newModelFromString(`
[request_definition]
r = sub, obj
[policy_definition]
p = sub, obj, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub, p.sub) && keyMatch(r.obj, p.obj)
`);
	const lines = [];

	for (const role of policy.roles.values()) {
		for (const rule of role.rules)
			lines.push(`p, ${role.name}, ${rule.pattern}, ${rule.verdict}`);
		if (role.parent)
			lines.push(`g, ${role.name}, ${role.parent}`);
	}
	const enforcer = await newEnforcer(model, new StringAdapter(lines.join('\n')));

	return (query) => enforcer.enforceSync(query.role, query.tool);
}

/* Only the entities that a request is about, which is what an embedder would pass. */
function loadCedar(policy) {
	const cedar = require('@cedar-policy/cedar-wasm/nodejs');
	const uid = (type, id) => ({ type, id });
	const text = [];

	for (const role of policy.roles.values()) {
		for (const { verdict, pattern } of role.rules) {
			const effect = verdict === 'allow' ? 'permit' : 'forbid';
			const exact = !pattern.endsWith('*');
			const tool = exact ? `resource == Tool::"${pattern}"` : 'resource';
			const when = exact ? '' : ` when { resource.name like "${pattern}" }`;

			text.push(`${effect}(principal in Role::"${role.name}", action, ${tool})${when};`);
		}
	}
	const parsed = cedar.preparsePolicySet('bench', { staticPolicies: text.join('\n') });

	if (parsed.type !== 'success')
		throw new Error(JSON.stringify(parsed.errors));
	return (query) => {
		const entities = [{ uid: uid('Tool', query.tool), attrs: { name: query.tool },
			parents: [] }];

		for (let role = query.role; role; role = policy.roles.get(role).parent) {
			const { parent } = policy.roles.get(role);

			entities.push({ uid: uid('Role', role), attrs: {},
				parents: parent ? [uid('Role', parent)] : [] });
		}
		const answer = cedar.statefulIsAuthorized({
			principal: uid('Role', query.role),
			action: uid('Action', 'call'),
			resource: uid('Tool', query.tool),
			context: {},
			preparsedPolicySetId: 'bench',
			entities,
		});

		if (answer.type !== 'success')
			throw new Error(JSON.stringify(answer.errors));
		return answer.response.decision === 'allow';
	};
}

/*
 * What a program would put around an engine: a bucket of a rate a role and tool, in a map, and a
 * line of JSON in a file, written with a thousand others. Nothing is masked, chained, or shared with
 * another process, as Writ's rates and records are.
 */
function withRateAndRecord(decide, file) {
	const buckets = new Map();
	let lines = [];

	return (query) => {
		const key = `${query.role} ${query.tool}`, now = Date.now();
		let allowed = decide(query);

		if (allowed) {
			const full = Math.max(buckets.get(key) ?? 0, now);

			allowed = full - now < 1000;
			if (allowed)
				buckets.set(key, full + 1e-6);
		}
		lines.push(JSON.stringify({ time: now, role: query.role, tool: query.tool,
			verdict: allowed ? 'allow' : 'deny' }));
		if (lines.length === 1000) {
			fs.writeSync(file, `${lines.join('\n')}\n`);
			lines = [];
		}
		return allowed;
	};
}

function version(name) {
	return require('./package.json').dependencies[name];
}

const engines = [
	{ name: 'JS Map, written out', load: loadMap },
	{ name: '@casl/ability', load: loadCasl },
	{ name: 'casbin', load: loadCasbin },
	{ name: '@cedar-policy/cedar-wasm', load: loadCedar },
];

/*
 * Nanoseconds of one decision over as many of the queries as take half a second: the mean of the
 * best of each slice in some rounds, which is how bench_check takes Writ's. What is decided is added
 * up and looked at, or the loop might be left out.
 */
function measure(decide, queries) {
	let n = 0, allowed = 0;
	const end = process.hrtime.bigint() + SECOND / 2n;

	while (n < FEWEST || (n < queries.length && process.hrtime.bigint() < end))
		allowed += decide(queries[n++]) ? 1 : 0;
	const rounds = n < queries.length ? 3 : 15;
	const best = new Array(Math.ceil(n / SLICE)).fill(Infinity);

	for (let first = 0, round = 0; round < rounds; first = first + SLICE < n ? first + SLICE : 0) {
		const start = process.hrtime.bigint(), end = Math.min(first + SLICE, n);

		for (let i = first; i < end; i++)
			allowed += decide(queries[i]) ? 1 : 0;
		best[first / SLICE] = Math.min(best[first / SLICE],
			Number(process.hrtime.bigint() - start));
		round += end === n ? 1 : 0;
	}
	if (allowed % (rounds + 1))
		throw new Error('the same queries, decided otherwise');
	return { ns: best.reduce((sum, ns) => sum + ns) / n, n };
}

async function main() {
	const [path, roles, tools, writNs, writAllowed, writWhole, directory] =
		process.argv.slice(2);
	const policy = readPolicy(path);
	const queries = makeQueries(Number(roles), Number(tools));
	const expected = loadMap(policy);
	const allowed = queries.filter(expected);
	const log = `${directory}/peers.log`;

	if (allowed.length !== Number(writAllowed))
		throw new Error(`Writ allows ${writAllowed} of the calls, the map ${allowed.length}`);
	for (const engine of engines) {
		const start = process.hrtime.bigint();
		const decide = await engine.load(policy);
		const loadMs = Number(process.hrtime.bigint() - start) / 1e6;
		const { ns, n } = measure(decide, queries);
		const wrong = queries.slice(0, n).find(
			(query) => decide(query) !== expected(query));
		const name = engine.load === loadMap ? engine.name
			: `${engine.name} ${version(engine.name)}`;
		const file = fs.openSync(log, 'w');
		const whole = measure(withRateAndRecord(decide, file), allowed).ns;

		fs.closeSync(file);
		fs.unlinkSync(log);
		if (wrong)
			throw new Error(`${name}: ${wrong.role} ${wrong.tool}`);
		console.log(`${name.padEnd(34)} ${loadMs.toFixed(1).padStart(9)} ` +
			`${ns.toFixed(0).padStart(12)} ${(ns / Number(writNs)).toFixed(0).padStart(9)} ` +
			`${whole.toFixed(0).padStart(12)} ${(whole / Number(writWhole)).toFixed(0).padStart(9)}`);
	}
}

main().catch((error) => {
	console.error(`peers.js: ${error.message}`);
	process.exit(1);
});
