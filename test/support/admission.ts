import type { PluginChoice } from '../../apiserver/admission/plugins.ts';

/**
 * For an API server without controllers: nobody makes service accounts, tells that a node is
 * ready, or lets go of volumes. Kubernetes' own tests switch the same plugins off.
 */
export const withoutControllers: PluginChoice = {
  enable: [],
  disable: ['ServiceAccount', 'TaintNodesByCondition', 'StorageObjectInUseProtection'],
};
