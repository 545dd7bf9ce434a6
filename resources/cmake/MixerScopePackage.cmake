# SPDX-License-Identifier: MIT
# What `cmake --install` puts where, apart from what resources/ and app/ say themselves, and the Debian package that
# CPack makes of it (./setup.sh package). The program finds its models relative to itself: any prefix will do.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY TRUE)  # tests are not packed, and need not be built for it
set(doc ${CMAKE_INSTALL_DATADIR}/doc/mixerscope)
install(TARGETS mixerscope RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS mixer_ops LIBRARY DESTINATION lib/${CMAKE_LIBRARY_ARCHITECTURE}/mixerscope)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/resources/models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/mixerscope/models)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/resources/guide/ DESTINATION ${CMAKE_INSTALL_DATADIR}/mixerscope/guide)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/LICENSES DESTINATION ${doc})
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${doc})

# mixer_install_compressed(FILE NAME FOLDER): as NAME.gz, the same bytes every time.
find_program(MIXERSCOPE_GZIP gzip REQUIRED)
function(mixer_install_compressed file name folder)
    set(compressed ${CMAKE_CURRENT_BINARY_DIR}/package/${name}.gz)
    file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/package)
    execute_process(COMMAND ${MIXERSCOPE_GZIP} -9nc ${file} OUTPUT_FILE ${compressed} COMMAND_ERROR_IS_FATAL ANY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    install(FILES ${compressed} DESTINATION ${folder})
endfunction()
mixer_install_compressed(${PROJECT_SOURCE_DIR}/resources/desktop/mixerscope.1 mixerscope.1 ${CMAKE_INSTALL_MANDIR}/man1)
mixer_install_compressed(${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog ${doc})

set(CPACK_PACKAGE_CONTACT "MixerScope maintainers <maintainers@mixerscope.invalid>")
string(TIMESTAMP MIXERSCOPE_DATE_RFC "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(debian ${PROJECT_SOURCE_DIR}/resources/debian)
configure_file(${debian}/changelog.in ${CMAKE_CURRENT_BINARY_DIR}/package/changelog.Debian @ONLY)
mixer_install_compressed(${CMAKE_CURRENT_BINARY_DIR}/package/changelog.Debian changelog.Debian ${doc})
install(FILES ${debian}/copyright DESTINATION ${doc})
install(FILES ${debian}/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME mixerscope)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mixerscope)
set(CPACK_PACKAGE_VENDOR MixerScope)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "see inside vision state-space models")
set(CPACK_PACKAGE_DESCRIPTION
"MixerScope opens a checkpoint of a vision state-space model (ViM2, ViQS,
VMamba, Vim), runs it on photos and shows what happened: which scans the
router chose, what each channel let in and when, what the state held at
every step, and what was predicted. In a window, or from the command line;
every figure goes into a file with the numbers behind it.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/package)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS libopenblas0-openmp)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "qt6-wayland, shared-mime-info, qt6-translations-l10n")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-torch, fonts-noto-cjk")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
