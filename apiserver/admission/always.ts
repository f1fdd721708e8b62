import { type AdmissionPlugin, admissionForbidden } from './admission.ts';

/** Does nothing; it has a name because it always had. */
export const alwaysAdmit: AdmissionPlugin = {
  name: 'AlwaysAdmit',
  handles: () => false,
};

export const alwaysDeny: AdmissionPlugin = {
  name: 'AlwaysDeny',
  handles: () => true,
  mutate(attributes) {
    throw admissionForbidden(attributes, 'admission control is denying all modifications');
  },
  validate(attributes) {
    throw admissionForbidden(attributes, 'admission control is denying all modifications');
  },
};
