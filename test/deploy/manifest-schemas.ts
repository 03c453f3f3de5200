// The shapes of our Kubernetes objects: exactly the fields in use, closed everywhere. So a misspelt field is an error
// here, and is not silently ignored in the cluster.
import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const portName = z.string().regex(/^(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/);
const portNumber = z.int().min(1).max(65_535);
const seconds = z.int().min(0);
const period = z.int().min(1);
const count = z.int().min(1);
const cpu = z.string().regex(/^(\d+m|\d+(\.\d{1,3})?)$/);
const memory = z.string().regex(/^\d+(Ki|Mi|Gi)$/);
/** Label and annotation values, environment, data: texts. Kubernetes, too, refuses YAML's numbers and booleans. */
const labelKey = z.string().regex(/^([a-z0-9.-]+\/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/);
const labels = z.record(labelKey, z.string().regex(/^[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/));
const settingName = z.string().regex(/^[A-Z][A-Z0-9_]*$/);

const metadata = z.strictObject({ name, labels });
const matchLabels = z.strictObject({ matchLabels: labels });

const configMap = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('ConfigMap'),
  metadata,
  data: z.record(settingName, z.string()),
});

const service = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.strictObject({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
    selector: labels,
    sessionAffinity: z.enum(['None', 'ClientIP']),
    ports: z.array(z.strictObject({ name: portName, port: portNumber, targetPort: portName })).min(1),
  }),
});

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string().startsWith('/'), port: portName }),
  periodSeconds: period,
  timeoutSeconds: period,
  failureThreshold: count,
});

const fromSecret = z.strictObject({
  name: settingName,
  valueFrom: z.strictObject({
    secretKeyRef: z.strictObject({ name, key: settingName, optional: z.boolean().optional() }),
  }),
});
const plain = z.strictObject({ name: settingName, value: z.string() });

const container = z.strictObject({
  name,
  image: z.string().regex(/^[a-z0-9./_-]+:[A-Za-z0-9._-]+$/),
  ports: z.array(z.strictObject({ name: portName, containerPort: portNumber })),
  envFrom: z.array(z.strictObject({ configMapRef: z.strictObject({ name }) })),
  env: z.array(z.union([plain, fromSecret])),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: z.strictObject({
    preStop: z.strictObject({ exec: z.strictObject({ command: z.array(z.string()).min(1) }) }),
  }),
  resources: z.strictObject({
    requests: z.strictObject({ cpu, memory }),
    limits: z.strictObject({ memory }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.boolean(),
    readOnlyRootFilesystem: z.boolean(),
    capabilities: z.strictObject({ drop: z.array(z.string()) }),
  }),
});

const podSpec = z.strictObject({
  automountServiceAccountToken: z.boolean(),
  enableServiceLinks: z.boolean(),
  terminationGracePeriodSeconds: seconds,
  securityContext: z.strictObject({
    runAsNonRoot: z.boolean(),
    runAsUser: z.int().min(0),
    runAsGroup: z.int().min(0),
    seccompProfile: z.strictObject({ type: z.enum(['RuntimeDefault', 'Unconfined']) }),
  }),
  topologySpreadConstraints: z.array(
    z.strictObject({
      maxSkew: count,
      topologyKey: labelKey,
      whenUnsatisfiable: z.enum(['ScheduleAnyway', 'DoNotSchedule']),
      labelSelector: matchLabels,
    }),
  ),
  containers: z.tuple([container]),
});

const deployment = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata,
  spec: z.strictObject({
    revisionHistoryLimit: z.int().min(0),
    minReadySeconds: seconds,
    strategy: z.strictObject({
      type: z.literal('RollingUpdate'),
      rollingUpdate: z.strictObject({ maxSurge: z.int().min(0), maxUnavailable: z.int().min(0) }),
    }),
    selector: matchLabels,
    template: z.strictObject({
      metadata: z.strictObject({ labels, annotations: z.record(labelKey, z.string()) }),
      spec: podSpec,
    }),
  }),
});

const podDisruptionBudget = z.strictObject({
  apiVersion: z.literal('policy/v1'),
  kind: z.literal('PodDisruptionBudget'),
  metadata,
  spec: z.strictObject({ maxUnavailable: z.int().min(0), selector: matchLabels }),
});

const scaling = z.strictObject({
  stabilizationWindowSeconds: z.int().min(0).max(3_600),
  policies: z
    .array(
      z.strictObject({ type: z.enum(['Pods', 'Percent']), value: count, periodSeconds: z.int().min(1).max(1_800) }),
    )
    .min(1),
});

const horizontalPodAutoscaler = z.strictObject({
  apiVersion: z.literal('autoscaling/v2'),
  kind: z.literal('HorizontalPodAutoscaler'),
  metadata,
  spec: z
    .strictObject({
      scaleTargetRef: z.strictObject({ apiVersion: z.literal('apps/v1'), kind: z.literal('Deployment'), name }),
      minReplicas: count,
      maxReplicas: count,
      metrics: z.array(
        z.strictObject({
          type: z.literal('Resource'),
          resource: z.strictObject({
            name: z.enum(['cpu', 'memory']),
            target: z.strictObject({ type: z.literal('Utilization'), averageUtilization: count }),
          }),
        }),
      ),
      behavior: z.strictObject({ scaleUp: scaling, scaleDown: scaling }),
    })
    .refine(({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas, 'minReplicas is above maxReplicas'),
});

export const manifestSchemas = {
  ConfigMap: configMap,
  Deployment: deployment,
  HorizontalPodAutoscaler: horizontalPodAutoscaler,
  PodDisruptionBudget: podDisruptionBudget,
  Service: service,
} as const;

export type Kind = keyof typeof manifestSchemas;
export type Manifest<Name extends Kind> = z.infer<(typeof manifestSchemas)[Name]>;

export const kustomizationSchema = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  resources: z.array(z.string().endsWith('.yaml')),
});
