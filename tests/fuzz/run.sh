#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the fuzz targets, makes seeds from the fixtures, and runs each target: tests/fuzz/run.sh [SECONDS [TARGET…]]
# New inputs are kept in build/fuzz/corpus, findings in build/fuzz/findings. An input may take 1 GB and 10
# seconds: libFuzzer counts by the clock, and machines are shared; tests/engine/HostileKindsTest.cpp holds readers to 2.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-60}
shift || true
targets=("$@")
((${#targets[@]})) || targets=(TensorFile ShardIndex Unpickler ModelConfig ClassLabels BatchTable)

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz -j "$(nproc)" --target "${targets[@]/#/fuzz_}"

seeds=build/fuzz/seeds
rm -rf "$seeds"
mkdir -p "$seeds"/{TensorFile,ShardIndex,Unpickler,ModelConfig,ClassLabels,BatchTable} build/fuzz/findings
python3 - "$seeds" <<'PYTHON'
import json, pathlib, struct, sys, zipfile

seeds = pathlib.Path(sys.argv[1])
fixtures = pathlib.Path("tests/fixtures")
for path in sorted(fixtures.glob("pth/*")):
    (seeds / "TensorFile" / path.name).write_bytes(path.read_bytes())
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".pkl"):
                    (seeds / "Unpickler" / f"{path.name}.{pathlib.Path(name).name}").write_bytes(archive.read(name))
    elif not path.name.endswith(".safetensors"):
        (seeds / "Unpickler" / path.name).write_bytes(path.read_bytes())
for path in sorted(fixtures.glob("*.safetensors")) + sorted(fixtures.glob("golden/*.safetensors")):
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    config = header.get("__metadata__", {}).get("mixer_config")
    if config is None:
        continue
    (seeds / "ModelConfig" / path.stem).write_text(config)
    # Header and configuration alone; all tensors empty, so that the input stays short.
    empty = {
        name: entry if name == "__metadata__" else {"dtype": entry["dtype"], "shape": [0], "data_offsets": [0, 0]}
        for name, entry in header.items()
    }
    for suffix, keep in (("", True), (".bare", False)):
        if not keep:
            empty.pop("__metadata__", None)
        text = json.dumps(empty, separators=(",", ":")).encode()
        (seeds / "TensorFile" / (path.stem + suffix)).write_bytes(struct.pack("<Q", len(text)) + text)
for number, text in enumerate((
    '{"weight_map":{"x":"a.safetensors","y":"b.safetensors"}}',
    '{"metadata":{"total_size":8,"z":[{}]},"weight_map":{"x":"a.safetensors"}}',
    '{"weight_map":{"x":"../a.safetensors"}}',
)):
    (seeds / "ShardIndex" / str(number)).write_text(text)
# The first byte: kind (text, JSON, table) + 3 * (classes - 1).
for number, (kind, text) in enumerate((
    (6, "tench\ngoldfish\nn01 ray\n"), (6, "n01440764 a\nn01440765 b\nn01440766 c"), (7, '["a","b","c"]'),
    (7, '{"0":["n01440764","a"],"1":"b","2":"c"}'), (7, '{"id2label":{"a":0,"b":1,"c":2}}'),
    (8, 'index,name\n0,a\n1,"b, ""c"""\n2,d\n'), (8, "a\nb\nc\n"), (8, "2,x,a\n1,y,b\n0,z,c\n"),
)):
    (seeds / "ClassLabels" / str(number)).write_bytes(bytes([kind]) + text.encode())
# Of the network in BatchTableFuzz.cpp.
first = "path,label,error,width,height,top1_label,top1_index,top1_probability"
routers = "".join(
    f",stages.0.blocks.{block}.token_mixers.0.{column}" for block in (0, 1)
    for column in ("chosen", "margin", "p.row", "p.column", "p.hilbert"))
rows = ('a/cat/1.png,cat,,40,30,dog,1,0.75' + ',row+hilbert,0.1,0.5,0.2,0.3' * 2,
        '"b,""2"".png",,no picture,,,,,' + ',,,,,' * 2)
for number, text in enumerate((first + "\n", first + routers + "\n" + "\n".join(rows) + "\n")):
    (seeds / "BatchTable" / str(number)).write_text(text)
PYTHON

# One target; as many side by side as there are cores.
fuzz() {
    local target=$1 status=0
    local corpus=build/fuzz/corpus/$target log=build/fuzz/$target.log
    mkdir -p "$corpus"
    ASAN_OPTIONS=detect_leaks=1 build/fuzz/tests/fuzz/"fuzz_$target" "$corpus" "build/fuzz/seeds/$target" \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/findings/$target-" >"$log" 2>&1 || {
        status=1
        tail -n 60 "$log"
        printf '%s: an input that fails lies in build/fuzz/findings\n' "$target"
    }
    printf '%s: %s executions in %s s\n' "$target" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$seconds"
    return "$status"
}
export -f fuzz
export seconds
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz {}'
