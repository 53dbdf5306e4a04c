/** The versions in which each kind of Flux and Argo CD is asked for, the newest first: a cluster serves one of them. */
export const deployerVersions: Readonly<Record<string, readonly string[]>> = {
  Kustomization: ['kustomize.toolkit.fluxcd.io/v1'],
  HelmRelease: ['helm.toolkit.fluxcd.io/v2'],
  GitRepository: ['source.toolkit.fluxcd.io/v1'],
  OCIRepository: ['source.toolkit.fluxcd.io/v1', 'source.toolkit.fluxcd.io/v1beta2'],
  HelmRepository: ['source.toolkit.fluxcd.io/v1', 'source.toolkit.fluxcd.io/v1beta2'],
  HelmChart: ['source.toolkit.fluxcd.io/v1', 'source.toolkit.fluxcd.io/v1beta2'],
  Bucket: ['source.toolkit.fluxcd.io/v1', 'source.toolkit.fluxcd.io/v1beta2'],
  ImageRepository: ['image.toolkit.fluxcd.io/v1', 'image.toolkit.fluxcd.io/v1beta2'],
  Application: ['argoproj.io/v1alpha1']
}
