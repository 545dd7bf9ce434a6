// SPDX-License-Identifier: MIT
#include "engine/checkpoint/PickleGlobals.h"

#include "engine/checkpoint/DataTypes.h"
#include "engine/checkpoint/PickledTensors.h"

#include <algorithm>
#include <array>

namespace mixer::checkpoint {

namespace {

constexpr std::array<std::string_view, 47> kHarmless = {
    "__builtin__.bytearray",
    "__builtin__.complex",
    "__builtin__.frozenset",
    "__builtin__.set",
    "__builtin__.slice",
    "_codecs.encode",
    "argparse.Namespace",
    "builtins.bytearray",
    "builtins.complex",
    "builtins.dict",
    "builtins.float",
    "builtins.frozenset",
    "builtins.int",
    "builtins.list",
    "builtins.range",
    "builtins.set",
    "builtins.slice",
    "builtins.str",
    "builtins.tuple",
    "collections.Counter",
    "collections.OrderedDict",
    "collections.defaultdict",
    "copy_reg._reconstructor",
    "copyreg._reconstructor",
    "datetime.date",
    "datetime.datetime",
    "numpy.dtype",
    "numpy.ndarray",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pathlib.PurePosixPath",
    "pathlib.WindowsPath",
    "torch.Size",
    "torch.Tensor",
    "torch._tensor._rebuild_from_type_v2",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_sparse_tensor",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3",
    "torch.device",
    "torch.nn.parameter.Parameter",
    "torch.storage.TypedStorage",
    "torch.storage.UntypedStorage",
    "types.SimpleNamespace",
};

constexpr std::array<std::string_view, 10> kSettings = {
    "addict.addict.Dict",
    "argparse.Namespace",
    "easydict.EasyDict",
    "fvcore.common.config.CfgNode",
    "ml_collections.config_dict.config_dict.ConfigDict",
    "mmcv.utils.config.ConfigDict",
    "mmengine.config.config.ConfigDict",
    "timm.utils.misc.AttrDict",
    "types.SimpleNamespace",
    "yacs.config.CfgNode",
};

bool startsWith(std::string_view text, std::string_view begin)
{
    return text.substr(0, begin.size()) == begin;
}

}  // namespace

bool isHarmless(std::string_view global)
{
    if (std::find(kHarmless.begin(), kHarmless.end(), global) != kHarmless.end())
        return true;
    for (const std::string_view name :
         {"multiarray.scalar", "multiarray._reconstruct", "numeric._frombuffer", "multiarray._frombuffer"}) {
        if (isNumpyCore(global, name))
            return true;
    }
    if (startsWith(global, "torch.jit._pickle.build_") || global == "torch.jit._pickle.restore_type_tag")
        return true;
    if (!startsWith(global, "torch."))
        return false;
    const std::string_view name = global.substr(global.rfind('.') + 1);
    const std::string_view module = global.substr(0, global.size() - name.size());
    if (module == "torch." && findType(name, &NamedType::torch) != nullptr)
        return true;
    return storageType(global) != nullptr;
}

bool isSettingsClass(std::string_view global)
{
    return std::find(kSettings.begin(), kSettings.end(), global) != kSettings.end();
}

bool isNumpyCore(std::string_view global, std::string_view name)
{
    for (const std::string_view module : {"numpy.core.", "numpy._core."}) {
        if (startsWith(global, module) && global.substr(module.size()) == name)
            return true;
    }
    return false;
}

}  // namespace mixer::checkpoint
