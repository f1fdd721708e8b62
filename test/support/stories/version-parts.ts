/** Columns, subresources and selectable fields of a version, right and wrong. */
type Json = Readonly<Record<string, unknown>>;

const column = { name: 'Field', type: 'string', jsonPath: '.spec.field' };
const selectable = (...paths: readonly unknown[]): Json => ({
  selectableFields: paths.map((jsonPath) => ({ jsonPath })),
});
const scale = {
  specReplicasPath: '.spec.n',
  statusReplicasPath: '.status.n',
  labelSelectorPath: '.status.selector',
};
const scaled = (more: Json): Json => ({ subresources: { scale: { ...scale, ...more } } });
const columned = (...columns: readonly Json[]): Json => ({ additionalPrinterColumns: columns });

/** What a version says besides its schema. */
export const parts: readonly Json[] = [
  columned(column),
  columned({ ...column, name: '' }),
  columned({ ...column, type: 'text' }),
  columned({ name: 'A', jsonPath: '.a' }),
  columned({ ...column, format: 'hex' }),
  columned({ ...column, jsonPath: '' }),
  columned({ ...column, jsonPath: 'spec.field' }),
  columned({ ...column, jsonPath: '.' }),
  columned({ ...column, jsonPath: '.spec[' }),
  columned({ ...column, jsonPath: '{.spec.field}' }),
  columned({ ...column, priority: -1 }),
  columned(column, column),
  columned(),
  scaled({}),
  scaled({ specReplicasPath: '' }),
  scaled({ specReplicasPath: 'spec.n' }),
  scaled({ specReplicasPath: '.status.n' }),
  scaled({ specReplicasPath: '.spec' }),
  scaled({ specReplicasPath: '.spec.a[0]' }),
  scaled({ statusReplicasPath: '' }),
  scaled({ statusReplicasPath: '.spec.n' }),
  scaled({ labelSelectorPath: '' }),
  scaled({ labelSelectorPath: '.metadata.x' }),
  scaled({ labelSelectorPath: 'status' }),
  { subresources: {} },
  { subresources: { status: {} } },
  { subresources: { status: null, scale: null } },
  selectable('.spec.field'),
  selectable(''),
  selectable('spec.field'),
  selectable('.spec.other'),
  selectable('.spec'),
  selectable('.spec.field.below'),
  selectable('.spec["field"]'),
  selectable('.spec.field[0]'),
  selectable('.metadata.name'),
  selectable('.spec.field', '.spec.field'),
  selectable(...Array.from({ length: 9 }, () => '.spec.field')),
  selectable(),
];
