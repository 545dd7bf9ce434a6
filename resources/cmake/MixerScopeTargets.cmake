# SPDX-License-Identifier: MIT
# What every target of this project has in common: language level, warnings, sanitizers, ccache. Included once.

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()

if(MIXERSCOPE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(MIXERSCOPE_CCACHE_PROGRAM ccache)
    if(MIXERSCOPE_CCACHE_PROGRAM)
        # time_macros, pch_defines: ccache's own conditions for caching precompiled headers.
        set(CMAKE_CXX_COMPILER_LAUNCHER
            ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
            ${MIXERSCOPE_CCACHE_PROGRAM})
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
            add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
        endif()
    endif()
endif()

add_library(mixer_options INTERFACE)
target_compile_options(mixer_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wshadow;-Wnon-virtual-dtor;-Woverloaded-virtual>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 sees uninitialized members where a std::variant is moved whose alternatives all have initializers.
    target_compile_options(mixer_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
endif()
if(MIXERSCOPE_WERROR)
    target_compile_options(mixer_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(MIXERSCOPE_SANITIZE)
    # For every configuration, compile and link (a preset that sanitizes nothing is worse than none).
    add_compile_options(-fsanitize=${MIXERSCOPE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
    add_link_options(-fsanitize=${MIXERSCOPE_SANITIZE})
endif()

# mixer_target(name): options shared by all of our targets.
function(mixer_target name)
    target_link_libraries(${name} PRIVATE mixer_options)
endfunction()

# Definitions of every Qt target: LibTorch headers do not compile with Qt's keywords on, and text conversions are explicit.
set(MIXER_QT_DEFINITIONS QT_NO_KEYWORDS QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_FOREACH QT_USE_QSTRINGBUILDER)
