/* Prints the built-in models. */
#include <aivc.h>
#include <stdio.h>

int main(void) {
    size_t count = 0;
    if (aivc_check_abi(AIVC_ABI_VERSION) < 0 || aivc_builtin_model_count(&count) < 0) {
        fprintf(stderr, "%s\n", aivc_last_error_message());
        return 1;
    }
    printf("libaivc %s\n", aivc_version());
    for (size_t index = 0; index < count; index++) {
        AivcBuiltinModel model = {.struct_size = sizeof model};
        if (aivc_builtin_model(index, &model) < 0) {
            fprintf(stderr, "%s\n", aivc_last_error_message());
            return 1;
        }
        printf("%s: %s\n  %u quality levels, decoder %.1f kMAC/pixel\n", model.name,
               model.description, (unsigned)model.quality_levels, model.decoder_kmac_per_pixel);
    }
    return 0;
}
