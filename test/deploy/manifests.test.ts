// The Kubernetes base, read without a cluster: every field exists, and the objects fit each other, the image and the
// settings of the server.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { serverSettingsSchema } from '../../src/settings.ts';
import { pairsOf, parseDockerfile, type Stage, textsOf } from '../support/dockerfile.ts';
import { base, parseManifests, readBase } from './manifests.ts';

const text = readBase();
const {
  ConfigMap: configMap,
  Deployment: deployment,
  HorizontalPodAutoscaler: autoscaler,
  PodDisruptionBudget: budget,
  Service: service,
} = parseManifests(text);
const pod = deployment.spec.template;
const [container] = pod.spec.containers;
const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const shipped = parseDockerfile(file('Dockerfile')).at(-1) as Stage;

/** The environment of a pod, with a value for each secret. */
const secrets: Record<string, string> = {
  REDIS_URL: 'redis://redis:6379',
  JWT_SECRET: 'x'.repeat(32),
  AGORA_APP_ID: 'a'.repeat(32),
  AGORA_APP_CERTIFICATE: 'b'.repeat(32),
};
const secretRefs = container.env.flatMap((one) => ('valueFrom' in one ? [one] : []));
const environment = {
  ...Object.assign({}, ...textsOf(shipped, 'ENV').map(pairsOf)),
  ...configMap.data,
  ...Object.fromEntries(secretRefs.map(({ name, valueFrom }) => [name, secrets[valueFrom.secretKeyRef.key]])),
} as Record<string, string>;

describe('the schema', () => {
  test.each([
    ['a misspelt field', ['terminationGracePeriodSeconds:', 'terminationGracePeriodSecond:'], 'Unrecognized key'],
    ['a field in the wrong place', ['minReplicas: 2', 'replicas: 2'], 'Unrecognized key'],
    ['a number where a text must be', ['PORT: "3000"', 'PORT: 3000'], 'expected string'],
    ['a text where a number must be', ['maxUnavailable: 1\n', 'maxUnavailable: "1"\n'], 'expected number'],
    ['an old API version', ['autoscaling/v2', 'autoscaling/v2beta2'], 'autoscaling/v2'],
    ['an unknown unit', ['768Mi', '768MiB'], 'Invalid string'],
    ['a key given twice', ['minReplicas: 2', 'minReplicas: 2\n  minReplicas: 2'], 'unique'],
    ['another kind', ['kind: Service\n', 'kind: Secret\n'], 'no schema'],
  ])('[OPS-4] finds %s', (_what, [right = '', wrong = ''], problem) => {
    expect(text).toContain(right);
    expect(() => parseManifests(text.replace(right, wrong))).toThrow(problem);
  });

  test('[OPS-4] every file of the folder is part of the base, and none holds a secret', () => {
    expect(readdirSync(base).sort()).toEqual(
      ['configmap', 'deployment', 'hpa', 'kustomization', 'pdb', 'service'].map((name) => `${name}.yaml`),
    );
    expect(Object.keys(configMap.data).filter((name) => Object.hasOwn(secrets, name))).toEqual([]);
    expect(container.env.filter((one) => 'value' in one).map(({ name }) => name)).toEqual(['NODE_OPTIONS']);
  });
});

describe('the objects fit each other', () => {
  const labels = pod.metadata.labels;

  test('[OPS-4] selectors meet the pods', () => {
    const selectors = [
      deployment.spec.selector.matchLabels,
      budget.spec.selector.matchLabels,
      service.spec.selector,
      ...pod.spec.topologySpreadConstraints.map(({ labelSelector }) => labelSelector.matchLabels),
    ];
    for (const selector of selectors) {
      expect(Object.keys(selector).length).toBeGreaterThan(0);
      expect(labels).toMatchObject(selector);
    }
  });

  test('[OPS-4] the autoscaler scales this Deployment, which therefore names no number itself', () => {
    const { scaleTargetRef, minReplicas, behavior } = autoscaler.spec;
    expect(scaleTargetRef).toEqual({
      apiVersion: deployment.apiVersion,
      kind: deployment.kind,
      name: deployment.metadata.name,
    });
    // One pod may always stop: otherwise no node could ever be emptied.
    expect(minReplicas).toBeGreaterThan(budget.spec.maxUnavailable);
    expect(behavior.scaleDown.stabilizationWindowSeconds).toBeGreaterThanOrEqual(600);
    expect(behavior.scaleDown.policies).toEqual([{ type: 'Pods', value: 1, periodSeconds: 300 }]);
  });

  test('[OPS-4] ports are declared and are those of settings and image, and the operations port stays inside', () => {
    const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]));
    const { port, opsPort, host } = loadConfig(environment);
    expect(ports).toEqual({ http: port, ops: opsPort });
    expect(textsOf(shipped, 'EXPOSE')).toEqual([`${port} ${opsPort}`]);
    expect(host).toBe('0.0.0.0');
    expect(service.spec.ports.map(({ targetPort }) => targetPort)).toEqual(['http']);
    expect(pod.metadata.annotations).toMatchObject({
      'prometheus.io/port': String(opsPort),
      'prometheus.io/path': '/metrics',
    });
  });

  test('[OPS-4] the ConfigMap is the one that the pods read', () => {
    expect(container.envFrom).toEqual([{ configMapRef: { name: configMap.metadata.name } }]);
  });
});

describe('the server', () => {
  test('[OPS-4] starts in production with these settings, and knows each of them', () => {
    expect(loadConfig(environment)).toMatchObject({ isProduction: true, rtc: { provider: 'agora' } });
    const given = [...Object.keys(configMap.data), ...secretRefs.map(({ name }) => name)];
    expect(given).toContain('JWT_SECRET');
    expect(given.filter((name) => !Object.hasOwn(serverSettingsSchema.shape, name))).toEqual([]);
  });

  test.each(Object.keys(secrets))('[OPS-4] needs %s of the Secret', (name) => {
    expect(secretRefs.map((one) => one.name)).toContain(name);
    expect(() => loadConfig({ ...environment, [name]: '' })).toThrow(name);
  });

  test('[OPS-4] runs without Agora and without a password of Sentinels: only their keys may be absent', () => {
    const optional = secretRefs.filter(({ valueFrom }) => valueFrom.secretKeyRef.optional).map(({ name }) => name);
    const without = Object.fromEntries(Object.entries(environment).filter(([name]) => !optional.includes(name)));
    expect(loadConfig({ ...without, RTC_PROVIDER: 'none' }).isProduction).toBe(true);
    const isDispensable = (name: string) => name.startsWith('AGORA_') || name === 'REDIS_SENTINEL_PASSWORD';
    expect(optional.every(isDispensable)).toBe(true);
    expect(new Set(secretRefs.map(({ valueFrom }) => valueFrom.secretKeyRef.name)).size).toBe(1);
  });

  test('[OPS-4] is probed for life without the store and for readiness with it, on the operations port', () => {
    const { startupProbe, livenessProbe, readinessProbe } = container;
    expect(startupProbe.httpGet).toEqual({ path: '/livez', port: 'ops' });
    expect(livenessProbe.httpGet).toEqual({ path: '/livez', port: 'ops' });
    expect(readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'ops' });
    // A short failure of Redis empties no Service; asking Redis takes up to 0.9 s.
    expect(readinessProbe.periodSeconds * readinessProbe.failureThreshold).toBeGreaterThanOrEqual(10);
    expect(readinessProbe.timeoutSeconds).toBeGreaterThan(1);
  });

  test('[OPS-4] has the time to stop in good order', () => {
    const [program, wait] = container.lifecycle.preStop.exec.command;
    expect(program).toBe('sleep');
    // The rest is for the turns that wait.
    const drainSeconds = loadConfig(environment).drainMs / 1000;
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(wait) + drainSeconds + 15);
    expect(deployment.spec.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  });

  test('[OPS-4] has no rights beyond those that it needs', () => {
    const [uid] = (textsOf(shipped, 'USER')[0] ?? '').split(':').map(Number);
    expect(pod.spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(pod.spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: uid,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('[OPS-4] has a heap that fits into its memory, and an image with a version', () => {
    const [option] = container.env.flatMap((one) => ('value' in one ? [one.value] : []));
    const heapMiB = Number(/^--max-old-space-size=(\d+)$/.exec(option ?? '')?.[1]);
    const limitMiB = Number(/^(\d+)Mi$/.exec(container.resources.limits.memory)?.[1]);
    expect(heapMiB / limitMiB).toBeGreaterThan(0.5);
    expect(heapMiB / limitMiB).toBeLessThan(0.75);
    expect(container.image).toBe(`maiwei:${(JSON.parse(file('package.json')) as { version: string }).version}`);
  });
});
