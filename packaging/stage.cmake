# CPack runs this over the files of a package before it is built: what one kind of package has and the others have not.
set(doc "${CPACK_TEMPORARY_DIRECTORY}/usr/share/doc/aquila-fetch")
if(NOT EXISTS "${doc}")
    message(FATAL_ERROR "no files in ${doc}")
endif()

if(CPACK_GENERATOR STREQUAL "DEB")
    # Debian's own places for licence and history.
    file(REMOVE "${doc}/LICENSE" "${doc}/CHANGELOG.md")
    configure_file("${CPACK_AQUILA_PACKAGING}/deb/copyright" "${doc}/copyright" COPYONLY)
    string(TIMESTAMP now "%s" UTC)
    if(NOT "$ENV{SOURCE_DATE_EPOCH}" STREQUAL "")
        set(now "$ENV{SOURCE_DATE_EPOCH}")
    endif()
    execute_process(COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C date -u -R -d "@${now}"
        OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE)
    file(WRITE "${doc}/changelog"
"aquila-fetch (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * Version ${CPACK_PACKAGE_VERSION}; what users notice is told in the sources' CHANGELOG.md.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
    execute_process(COMMAND gzip -9nf "${doc}/changelog")
    file(CHMOD "${doc}/copyright" "${doc}/changelog.gz" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endif()
