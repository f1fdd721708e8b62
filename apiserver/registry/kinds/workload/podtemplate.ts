import type { PodTemplate } from '../../../../api/types/core-v1.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { column, containerCells, formatLabels, nameColumn } from '../cells.ts';
import { validatePodTemplate } from '../pod/validation.ts';
import { defaultTemplate } from './template.ts';
import { podWarnings } from '../pod/warnings.ts';
import { isChanged } from './template-warnings.ts';

export const podTemplate = {
  type: {
    group: '',
    version: 'v1',
    resource: 'podtemplates',
    kind: 'PodTemplate',
    namespaced: true,
  },
  singular: 'podtemplate',
  hasGeneration: true,
  returnsDeletedObject: true,
  applyDefaults: (object) => defaultTemplate(object),
  validate: ({ template }) => validatePodTemplate(template ?? {}, 'template'),
  warnings: (object, old) =>
    old === undefined || isChanged(object, old)
      ? podWarnings(object.template ?? {}, 'template')
      : [],
  printer: {
    columns: [nameColumn, column('Containers'), column('Images'), column('Pod Labels')],
    cells: ({ metadata, template }) => [
      metadata.name ?? '',
      ...containerCells(template?.spec?.containers),
      formatLabels(template?.metadata?.labels),
    ],
  },
} satisfies ResourceDeclaration<PodTemplate>;
