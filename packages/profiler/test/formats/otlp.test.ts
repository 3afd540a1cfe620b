import { expect, it } from '@jest/globals';
import protobuf from 'protobufjs';
import { createProfile } from '../../src/profile.js';
import { samplesFrom } from '../arbitrary-samples.js';

/** As much of release 1.10's definition as profiles of one thread use, for a reader that is not ours. */
const PROTO = `
  syntax = "proto3";
  message ProfilesData { repeated ResourceProfiles resource_profiles = 1; ProfilesDictionary dictionary = 2; }
  message ResourceProfiles { repeated ScopeProfiles scope_profiles = 2; }
  message ScopeProfiles { InstrumentationScope scope = 1; repeated Profile profiles = 2; }
  message InstrumentationScope { string name = 1; }
  message ProfilesDictionary {
    repeated Mapping mapping_table = 1; repeated Location location_table = 2; repeated Function function_table = 3; repeated Link link_table = 4;
    repeated string string_table = 5; repeated KeyValueAndUnit attribute_table = 6; repeated Stack stack_table = 7;
  }
  message Profile { ValueType sample_type = 1; repeated Sample samples = 2; fixed64 time_unix_nano = 3; uint64 duration_nano = 4; ValueType period_type = 5; int64 period = 6; }
  message Sample { int32 stack_index = 1; repeated int32 attribute_indices = 2; int32 link_index = 3; repeated int64 values = 4; }
  message ValueType { int32 type_strindex = 1; int32 unit_strindex = 2; }
  message Mapping { uint64 memory_start = 1; }
  message Stack { repeated int32 location_indices = 1; }
  message Location { int32 mapping_index = 1; uint64 address = 2; repeated Line lines = 3; }
  message Line { int32 function_index = 1; int64 line = 2; int64 column = 3; }
  message Function { int32 name_strindex = 1; int32 system_name_strindex = 2; int32 filename_strindex = 3; int64 start_line = 4; }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message KeyValueAndUnit { int32 key_strindex = 1; AnyValue value = 2; int32 unit_strindex = 3; }
  message AnyValue { string string_value = 1; }`;
const Data = protobuf.parse(PROTO).root.lookupType('ProfilesData');

interface Decoded {
  readonly resourceProfiles: readonly [{ readonly scopeProfiles: readonly [{ readonly scope: { readonly name: string }; readonly profiles: readonly DecodedProfile[] }] }];
  readonly dictionary: {
    readonly stringTable: readonly string[];
    readonly stackTable: readonly { readonly locationIndices: readonly number[] }[];
    readonly locationTable: readonly { readonly lines: readonly { readonly functionIndex: number }[] }[];
    readonly functionTable: readonly { readonly nameStrindex: number }[];
    readonly linkTable: readonly { readonly traceId: string; readonly spanId: string }[];
    readonly attributeTable: readonly { readonly keyStrindex: number; readonly value: { readonly stringValue: string } }[];
  };
}

interface DecodedProfile {
  readonly sampleType: { readonly typeStrindex: number };
  readonly samples: readonly { readonly stackIndex: number; readonly attributeIndices: readonly number[]; readonly linkIndex: number; readonly values: readonly string[] }[];
  readonly timeUnixNano: string;
  readonly durationNano: string;
}

const frame = (name: string) => ({ name, url: 'file:///app/a.js', line: 7, column: 1, kind: 'script' as const });

it('holds stacks, costs, labels and spans as a reader of the protocol finds them', () => {
  const samples = samplesFrom([
    { deltaUs: 0, stack: [frame('main'), frame('parse')] },
    { deltaUs: 400, stack: [frame('main'), frame('store')] },
  ]);
  const span = { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331', endpoint: '/a' };
  const cpu = { ...samples, labelSets: [{}, span], timeline: { ...(samples.timeline as NonNullable<typeof samples.timeline>), labels: Int32Array.of(1, 0) } };
  const file = createProfile({ durationMs: 0.5, startedAtMs: 1_700_000_000_123, cpu }).toOtlp();
  const { resourceProfiles: [{ scopeProfiles: [{ scope, profiles }] }], dictionary } = Data.toObject(Data.decode(file), { longs: String, bytes: String, defaults: true }) as Decoded;
  expect(scope.name).toBe('@fog/profiler');
  const text = (index: number) => dictionary.stringTable[index] ?? '';
  const stackOf = (index: number) => dictionary.stackTable[index]?.locationIndices.map((location) => text(dictionary.functionTable[dictionary.locationTable[location]?.lines[0]?.functionIndex ?? 0]?.nameStrindex ?? 0));
  expect(profiles.map(({ sampleType }) => text(sampleType.typeStrindex))).toEqual(['samples', 'wall']);
  const [, wall] = profiles;
  expect(wall).toMatchObject({ timeUnixNano: '1700000000123000000', durationNano: '500000' });
  expect(wall?.samples.map(({ stackIndex, values }) => [stackOf(stackIndex), values])).toEqual([[['parse', 'main'], ['400000']], [['store', 'main'], ['100000']]]);
  const [linked, unlinked] = wall?.samples ?? [];
  expect(dictionary.linkTable[linked?.linkIndex ?? 0]).toEqual({ traceId: Buffer.from(span.trace_id, 'hex').toString('base64'), spanId: Buffer.from(span.span_id, 'hex').toString('base64') });
  expect(linked?.attributeIndices.map((index) => [text(dictionary.attributeTable[index]?.keyStrindex ?? 0), dictionary.attributeTable[index]?.value.stringValue])).toEqual([['endpoint', '/a']]);
  expect(unlinked).toMatchObject({ linkIndex: 0, attributeIndices: [] });
  // The first entry of every table means none.
  expect(dictionary.stringTable[0]).toBe('');
  expect([dictionary.stackTable[0]?.locationIndices, dictionary.locationTable[0]?.lines, dictionary.linkTable[0]?.traceId]).toEqual([[], [], '']);
});

it('has each entry of a table once, and none that nothing refers to', () => {
  const samples = samplesFrom([{ deltaUs: 0, stack: [frame('main')] }, { deltaUs: 400, stack: [frame('main'), { ...frame('main'), column: 9 }] }]);
  const cpu = { ...samples, frames: [...samples.frames, frame('of no sample')] };
  const { dictionary } = Data.toObject(Data.decode(createProfile({ durationMs: 0.5, cpu }).toOtlp()), { longs: String, defaults: true }) as Decoded;
  const { functionTable, locationTable, stringTable } = dictionary;
  expect([functionTable.length, locationTable.length]).toEqual([2, 3]); // Both begin with the empty one.
  expect(stringTable).not.toContain('of no sample');
});
