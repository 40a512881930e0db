/* Calls every function of the header with what it must refuse: null pointers, structs of another
 * size, values out of range, calls out of order and from within callbacks. Each gives its status
 * and a message, and what is used afterwards still works. scripts/test-c checks that no function
 * is left out.
 *
 * usage: misuse FOLDER MODEL */
#include "support.h"

#define NULLS(call) EXPECT(AIVC_STATUS_NULL_POINTER, call)
#define INVALID(call) EXPECT(AIVC_STATUS_INVALID_ARGUMENT, call)
#define SIZE(call) EXPECT(AIVC_STATUS_STRUCT_SIZE, call)
#define ORDER(call) EXPECT(AIVC_STATUS_OUT_OF_ORDER, call)

/* A struct of this type, zero but for its size. */
#define ZERO(type, name)            \
    type name;                      \
    memset(&name, 0, sizeof name);  \
    name.struct_size = sizeof name

static AivcModel *model;
static AivcVideoFormat format;
static AivcFrame frame;

static int32_t drop(void *user, const uint8_t *data, size_t size) {
    (void)user;
    (void)data;
    (void)size;
    return 0;
}

static int32_t fail(void *user, const uint8_t *data, size_t size) {
    (void)data;
    (void)size;
    return --*(int *)user < 0 ? 5 : 0;
}

static int32_t nothing(void *user, uint8_t *buffer, size_t capacity, size_t *bytes_read) {
    (void)user;
    (void)buffer;
    (void)capacity;
    *bytes_read = 0;
    return 0;
}

static void library(void) {
    CHECK(aivc_abi_version() == AIVC_ABI_VERSION);
    CHECK(strchr(aivc_version(), '.') != NULL);
    OK(aivc_check_abi(AIVC_ABI_VERSION));
    EXPECT(AIVC_STATUS_ABI_VERSION, aivc_check_abi(AIVC_ABI_VERSION + 1));
    CHECK(strcmp(aivc_status_name(AIVC_STATUS_BUSY), "AIVC_STATUS_BUSY") == 0);
    CHECK(strcmp(aivc_status_name(12345), "AIVC_STATUS_?") == 0);
    INVALID(aivc_set_thread_count(0));
    INVALID(aivc_set_thread_count(1025));
    OK(aivc_set_thread_count(1));
    ORDER(aivc_set_thread_count(2));
}

static void models(const char *path) {
    AivcModel *none = (AivcModel *)1;
    ZERO(AivcBuiltinModel, builtin);
    ZERO(AivcModelProperties, properties);
    NULLS(aivc_builtin_model_count(NULL));
    NULLS(aivc_builtin_model(0, NULL));
    INVALID(aivc_builtin_model((size_t)-1, &builtin));
    builtin.struct_size--;
    SIZE(aivc_builtin_model(0, &builtin));
    NULLS(aivc_model_open(NULL, NULL, NULL));
    EXPECT(AIVC_STATUS_MODEL, aivc_model_open("no such model", NULL, &none));
    CHECK(none == NULL && strstr(aivc_last_error_message(), "no such model") != NULL);
    INVALID(aivc_model_open(NULL, "abacus", &none));
    INVALID(aivc_model_open("\xff\xfe", NULL, &none));
    EXPECT(AIVC_STATUS_UNSUPPORTED, aivc_model_open(NULL, "cuda", &none));
    NULLS(aivc_model_from_memory(NULL, 8, NULL, &none));
    NULLS(aivc_model_from_memory((const uint8_t *)"weights", 8, NULL, NULL));
    EXPECT(AIVC_STATUS_MODEL, aivc_model_from_memory(NULL, 0, NULL, &none));
    EXPECT(AIVC_STATUS_MODEL,
           aivc_model_from_memory((const uint8_t *)"weights", 8, NULL, &none));
    INVALID(aivc_model_from_memory((const uint8_t *)"weights", (size_t)-1, NULL, &none));
    OK(aivc_model_open(path, NULL, &model));
    NULLS(aivc_model_properties(NULL, &properties));
    NULLS(aivc_model_properties(model, NULL));
    properties.struct_size = 0;
    SIZE(aivc_model_properties(model, &properties));
    OK(aivc_model_free(NULL));
}

static void formats(void) {
    AivcFrame layout = frame;
    AivcVideoFormat bad;
    NULLS(aivc_video_format_init(NULL, sizeof format));
    SIZE(aivc_video_format_init(&format, sizeof format + 8));
    OK(aivc_video_format_init(&format, sizeof format));
    ZERO(AivcFrame, empty);
    INVALID(aivc_frame_layout(&format, &empty)); /* 0x0 */
    format.width = 37;
    format.height = 21;
    NULLS(aivc_frame_layout(NULL, &empty));
    NULLS(aivc_frame_layout(&format, NULL));
    layout.struct_size = 1;
    SIZE(aivc_frame_layout(&format, &layout));
    bad = format;
    bad.struct_size = 0;
    SIZE(aivc_frame_layout(&bad, &empty));
    bad = format;
    bad.pixel_format = 77;
    INVALID(aivc_frame_layout(&bad, &empty));
    bad = format;
    bad.bit_depth = 9;
    INVALID(aivc_frame_layout(&bad, &empty));
    bad = format;
    bad.width = 1u << 30;
    INVALID(aivc_frame_layout(&bad, &empty));
    bad = format;
    bad.bit_depth = 10;
    bad.pixel_format = AIVC_PIXEL_FORMAT_RGB;
    OK(aivc_frame_layout(&bad, &empty));
    CHECK(empty.sizes[2] == 37 * 21 * 2 && empty.strides[2] == 37 * 2);
    frame = allocate_frame(&format, 0);
    memset(frame.planes[0], 100, frame.sizes[0]);
    memset(frame.planes[1], 128, frame.sizes[1]);
    memset(frame.planes[2], 128, frame.sizes[2]);
}

static void encoder_opening(const char *folder) {
    AivcEncoder *encoder = NULL;
    AivcVideoFormat bad = format;
    AivcEncoderConfig config;
    const char *path = in_folder(folder, "misuse.aivc");
    NULLS(aivc_encoder_config_init(NULL, sizeof config));
    SIZE(aivc_encoder_config_init(&config, 4));
    OK(aivc_encoder_config_init(&config, sizeof config));
    NULLS(aivc_encoder_open_memory(NULL, &format, NULL, &encoder));
    NULLS(aivc_encoder_open_memory(model, NULL, NULL, &encoder));
    NULLS(aivc_encoder_open_memory(model, &format, NULL, NULL));
    NULLS(aivc_encoder_open_file(NULL, model, &format, NULL, &encoder));
    NULLS(aivc_encoder_open_file(path, NULL, &format, NULL, &encoder));
    NULLS(aivc_encoder_open_file(path, model, NULL, NULL, &encoder));
    NULLS(aivc_encoder_open_file(path, model, &format, NULL, NULL));
    NULLS(aivc_encoder_open_callback(NULL, NULL, model, &format, NULL, &encoder));
    NULLS(aivc_encoder_open_callback(drop, NULL, NULL, &format, NULL, &encoder));
    NULLS(aivc_encoder_open_callback(drop, NULL, model, NULL, NULL, &encoder));
    NULLS(aivc_encoder_open_callback(drop, NULL, model, &format, NULL, NULL));
    EXPECT(AIVC_STATUS_IO,
           aivc_encoder_open_file("/nowhere/a.aivc", model, &format, NULL, &encoder));
    int writes = 0;
    EXPECT(AIVC_STATUS_CALLBACK,
           aivc_encoder_open_callback(fail, &writes, model, &format, NULL, &encoder));
    config.quality = 64;
    INVALID(aivc_encoder_open_memory(model, &format, &config, &encoder));
    config.quality = 256 + 32;
    INVALID(aivc_encoder_open_memory(model, &format, &config, &encoder));
    config.quality = 0;
    config.effort = 10;
    INVALID(aivc_encoder_open_memory(model, &format, &config, &encoder));
    config.effort = 256;
    INVALID(aivc_encoder_open_memory(model, &format, &config, &encoder));
    config.effort = 0;
    config.keyframe_interval = 0;
    INVALID(aivc_encoder_open_memory(model, &format, &config, &encoder));
    config.struct_size = 0;
    SIZE(aivc_encoder_open_memory(model, &format, &config, &encoder));
    bad.height = 0;
    INVALID(aivc_encoder_open_memory(model, &bad, NULL, &encoder));
    bad = format;
    bad.matrix_coefficients = 14; /* ICtCp */
    EXPECT(AIVC_STATUS_UNSUPPORTED, aivc_encoder_open_memory(model, &bad, NULL, &encoder));
    CHECK(encoder == NULL);
    OK(aivc_encoder_free(NULL));
}

typedef struct {
    AivcEncoder *encoder;
    int calls;
} Reentry;

/* Uses the encoder that is being used. */
static int32_t reenter(void *user, const uint8_t *data, size_t size) {
    Reentry *reentry = (Reentry *)user;
    const uint8_t *bytes;
    size_t count;
    (void)data;
    (void)size;
    if (reentry->encoder != NULL) {
        reentry->calls++;
        EXPECT(AIVC_STATUS_BUSY, aivc_encoder_send_frame(reentry->encoder, &frame));
        EXPECT(AIVC_STATUS_BUSY, aivc_encoder_finish(reentry->encoder));
        EXPECT(AIVC_STATUS_BUSY, aivc_encoder_set_quality(reentry->encoder, 1));
        EXPECT(AIVC_STATUS_BUSY, aivc_encoder_bytes(reentry->encoder, &bytes, &count));
        EXPECT(AIVC_STATUS_BUSY, aivc_encoder_free(reentry->encoder));
    }
    return 0;
}

static void encoder_use(const char *folder) {
    AivcEncoder *encoder = NULL;
    AivcFrame bad;
    const uint8_t *data = (const uint8_t *)1;
    size_t size = 1;
    const char *path = in_folder(folder, "misuse.aivc");
    OK(aivc_encoder_open_memory(model, &format, NULL, &encoder));
    NULLS(aivc_encoder_send_frame(NULL, &frame));
    NULLS(aivc_encoder_send_frame(encoder, NULL));
    bad = frame;
    bad.struct_size++;
    SIZE(aivc_encoder_send_frame(encoder, &bad));
    bad = frame;
    bad.planes[1] = NULL;
    NULLS(aivc_encoder_send_frame(encoder, &bad));
    bad = frame;
    bad.strides[0]--;
    EXPECT(AIVC_STATUS_BUFFER_SIZE, aivc_encoder_send_frame(encoder, &bad));
    bad = frame;
    bad.strides[2]++;
    EXPECT(AIVC_STATUS_BUFFER_SIZE, aivc_encoder_send_frame(encoder, &bad));
    bad = frame;
    bad.sizes[2]--;
    EXPECT(AIVC_STATUS_BUFFER_SIZE, aivc_encoder_send_frame(encoder, &bad));
    bad = frame;
    bad.sizes[0] = (size_t)-1;
    EXPECT(AIVC_STATUS_BUFFER_SIZE, aivc_encoder_send_frame(encoder, &bad));
    INVALID(aivc_encoder_set_quality(encoder, 64));
    NULLS(aivc_encoder_set_quality(NULL, 1));
    ORDER(aivc_encoder_bytes(encoder, &data, &size));
    CHECK(data == NULL && size == 0);
    NULLS(aivc_encoder_bytes(NULL, &data, &size));
    NULLS(aivc_encoder_bytes(encoder, NULL, &size));
    NULLS(aivc_encoder_bytes(encoder, &data, NULL));
    NULLS(aivc_encoder_finish(NULL));
    OK(aivc_encoder_set_quality(encoder, 63));
    OK(aivc_encoder_send_frame(encoder, &frame));
    OK(aivc_encoder_finish(encoder));
    ORDER(aivc_encoder_send_frame(encoder, &frame));
    ORDER(aivc_encoder_set_quality(encoder, 1));
    ORDER(aivc_encoder_finish(encoder));
    OK(aivc_encoder_bytes(encoder, &data, &size));
    CHECK(size > 0);
    OK(aivc_encoder_free(encoder));

    /* 10-bit samples that are none. */
    AivcVideoFormat ten = format;
    ten.bit_depth = 10;
    AivcFrame wide = allocate_frame(&ten, 0);
    OK(aivc_encoder_open_memory(model, &ten, NULL, &encoder));
    INVALID(aivc_encoder_send_frame(encoder, &wide));
    OK(aivc_encoder_free(encoder));
    free_frame(&wide);

    /* A file has its stream only when it is finished. */
    remove(path);
    OK(aivc_encoder_open_file(path, model, &format, NULL, &encoder));
    OK(aivc_encoder_send_frame(encoder, &frame));
    OK(aivc_encoder_free(encoder));
    CHECK(!file_exists(path));
    OK(aivc_encoder_open_file(path, model, &format, NULL, &encoder));
    OK(aivc_encoder_finish(encoder));
    ORDER(aivc_encoder_bytes(encoder, &data, &size));
    OK(aivc_encoder_free(encoder));

    /* A writer that fails in a packet, and one that fails at the end. */
    int writes = 2;
    OK(aivc_encoder_open_callback(fail, &writes, model, &format, NULL, &encoder));
    EXPECT(AIVC_STATUS_CALLBACK, aivc_encoder_send_frame(encoder, &frame));
    CHECK(strstr(aivc_last_error_message(), "returned 5") != NULL);
    ORDER(aivc_encoder_send_frame(encoder, &frame));
    ORDER(aivc_encoder_finish(encoder));
    OK(aivc_encoder_free(encoder));
    writes = 4;
    OK(aivc_encoder_open_callback(fail, &writes, model, &format, NULL, &encoder));
    OK(aivc_encoder_send_frame(encoder, &frame));
    EXPECT(AIVC_STATUS_CALLBACK, aivc_encoder_finish(encoder));
    ORDER(aivc_encoder_finish(encoder));
    OK(aivc_encoder_free(encoder));

    Reentry reentry = {NULL, 0};
    OK(aivc_encoder_open_callback(reenter, &reentry, model, &format, NULL, &encoder));
    reentry.encoder = encoder;
    OK(aivc_encoder_send_frame(encoder, &frame));
    OK(aivc_encoder_finish(encoder));
    CHECK(reentry.calls > 2);
    OK(aivc_encoder_free(encoder));
}

static void decoders(const char *folder) {
    AivcDecoder *decoder = NULL;
    AivcDecoderConfig config;
    AivcFrame bad;
    AivcVideoFormat read = format;
    Clip clip = {format, 1, &frame};
    Bytes stream = encode_clip(&clip, model, NULL);
    const char *path = in_folder(folder, "misuse.aivc");
    ZERO(AivcDecodeSummary, summary);
    write_file(path, stream.data, stream.size);
    NULLS(aivc_decoder_config_init(NULL, sizeof config));
    SIZE(aivc_decoder_config_init(&config, 0));
    OK(aivc_decoder_config_init(&config, sizeof config));
    config.backend = "abacus";
    INVALID(aivc_decoder_open_memory(stream.data, stream.size, &config, &decoder));
    config.struct_size = 3;
    SIZE(aivc_decoder_open_memory(stream.data, stream.size, &config, &decoder));
    OK(aivc_decoder_config_init(&config, sizeof config));
    config.model = model;
    NULLS(aivc_decoder_open_memory(NULL, 4, &config, &decoder));
    NULLS(aivc_decoder_open_memory(stream.data, stream.size, &config, NULL));
    EXPECT(AIVC_STATUS_DAMAGED, aivc_decoder_open_memory(NULL, 0, &config, &decoder));
    NULLS(aivc_decoder_open_file(NULL, &config, &decoder));
    NULLS(aivc_decoder_open_file(path, &config, NULL));
    EXPECT(AIVC_STATUS_IO, aivc_decoder_open_file("/nowhere/a.aivc", &config, &decoder));
    EXPECT(AIVC_STATUS_IO, aivc_decoder_open_file("/", &config, &decoder));
    NULLS(aivc_decoder_open_callback(NULL, NULL, &config, &decoder));
    NULLS(aivc_decoder_open_callback(nothing, NULL, &config, NULL));
    EXPECT(AIVC_STATUS_DAMAGED, aivc_decoder_open_callback(nothing, NULL, &config, &decoder));
    CHECK(decoder == NULL);

    OK(aivc_decoder_open_file(path, &config, &decoder));
    NULLS(aivc_decoder_format(NULL, &read));
    NULLS(aivc_decoder_format(decoder, NULL));
    read.struct_size = 0;
    SIZE(aivc_decoder_format(decoder, &read));
    NULLS(aivc_decoder_summary(NULL, &summary));
    NULLS(aivc_decoder_summary(decoder, NULL));
    summary.struct_size = 0;
    SIZE(aivc_decoder_summary(decoder, &summary));
    NULLS(aivc_decoder_next_frame(NULL, &frame));
    NULLS(aivc_decoder_next_frame(decoder, NULL));
    bad = frame;
    bad.struct_size = 0;
    SIZE(aivc_decoder_next_frame(decoder, &bad));
    bad = frame;
    bad.sizes[1] = 3;
    EXPECT(AIVC_STATUS_BUFFER_SIZE, aivc_decoder_next_frame(decoder, &bad));
    bad = frame;
    bad.planes[0] = NULL;
    NULLS(aivc_decoder_next_frame(decoder, &bad));
    /* Nothing of that cost the frame. */
    OK(aivc_decoder_next_frame(decoder, &frame));
    EXPECT(AIVC_STATUS_END, aivc_decoder_next_frame(decoder, &frame));
    NULLS(aivc_decoder_close(NULL));
    OK(aivc_decoder_close(decoder));
    ORDER(aivc_decoder_close(decoder));
    ORDER(aivc_decoder_next_frame(decoder, &frame));
    read.struct_size = sizeof read;
    summary.struct_size = sizeof summary;
    OK(aivc_decoder_format(decoder, &read));
    OK(aivc_decoder_summary(decoder, &summary));
    CHECK(summary.frames == 1 && read.width == format.width);
    OK(aivc_decoder_free(decoder));
    OK(aivc_decoder_free(NULL));
    free(stream.data);
}

static void whole_files(const char *folder) {
    const char *video = in_folder(folder, "misuse.y4m");
    const char *stream = in_folder(folder, "misuse.aivc");
    const char *out = in_folder(folder, "misuse-out.aivc");
    AivcDecoderConfig config;
    Clip clip = {format, 1, &frame};
    ZERO(AivcEncodeSummary, encoded);
    ZERO(AivcDecodeSummary, decoded);
    write_y4m(video, &clip);
    OK(aivc_decoder_config_init(&config, sizeof config));
    config.model = model;
    NULLS(aivc_encode_file(NULL, out, model, NULL, NULL, NULL, NULL));
    NULLS(aivc_encode_file(video, NULL, model, NULL, NULL, NULL, NULL));
    EXPECT(AIVC_STATUS_IO, aivc_encode_file("/nowhere/a.y4m", out, model, NULL, NULL, NULL, NULL));
    EXPECT(AIVC_STATUS_IO,
           aivc_encode_file(video, "/nowhere/a.aivc", model, NULL, NULL, NULL, NULL));
    encoded.struct_size = 0;
    SIZE(aivc_encode_file(video, out, model, NULL, NULL, NULL, &encoded));
    NULLS(aivc_decode_file(NULL, out, &config, 0, NULL, NULL, NULL));
    NULLS(aivc_decode_file(stream, NULL, &config, 0, NULL, NULL, NULL));
    INVALID(aivc_decode_file(stream, out, &config, 2, NULL, NULL, NULL));
    EXPECT(AIVC_STATUS_VIDEO, aivc_decode_file(stream, out, &config, 0, NULL, NULL, NULL));
    EXPECT(AIVC_STATUS_IO,
           aivc_decode_file("/nowhere/a.aivc", video, &config, 0, NULL, NULL, NULL));
    EXPECT(AIVC_STATUS_DAMAGED, aivc_decode_file(video, out, &config, 0, NULL, NULL, NULL));
    decoded.struct_size--;
    SIZE(aivc_decode_file(stream, out, &config, 0, NULL, NULL, &decoded));
    CHECK(!file_exists(out));
}

static void evaluations(const char *folder) {
    const char *video = in_folder(folder, "misuse.y4m");
    const char *stream = in_folder(folder, "misuse.aivc");
    AivcEvaluation *evaluation = NULL;
    AivcEvaluationOptions options;
    AivcDecoderConfig config;
    const char *json = (const char *)1;
    ZERO(AivcEvaluationSummary, summary);
    ZERO(AivcFrameEvaluation, figures);
    OK(aivc_decoder_config_init(&config, sizeof config));
    config.model = model;
    NULLS(aivc_evaluation_options_init(NULL, sizeof options));
    SIZE(aivc_evaluation_options_init(&options, 1));
    OK(aivc_evaluation_options_init(&options, sizeof options));
    options.struct_size = 0;
    SIZE(aivc_evaluate_stream(video, stream, &config, &options, NULL, NULL, &evaluation));
    SIZE(aivc_evaluate_video(video, video, &options, NULL, NULL, &evaluation));
    NULLS(aivc_evaluate_stream(NULL, stream, &config, NULL, NULL, NULL, &evaluation));
    NULLS(aivc_evaluate_stream(video, NULL, &config, NULL, NULL, NULL, &evaluation));
    NULLS(aivc_evaluate_stream(video, stream, &config, NULL, NULL, NULL, NULL));
    NULLS(aivc_evaluate_video(NULL, video, NULL, NULL, NULL, &evaluation));
    NULLS(aivc_evaluate_video(video, NULL, NULL, NULL, NULL, &evaluation));
    NULLS(aivc_evaluate_video(video, video, NULL, NULL, NULL, NULL));
    CHECK(evaluation == NULL);
    OK(aivc_evaluate_video(video, video, NULL, NULL, NULL, &evaluation));
    NULLS(aivc_evaluation_summary(NULL, &summary));
    NULLS(aivc_evaluation_summary(evaluation, NULL));
    summary.struct_size = 0;
    SIZE(aivc_evaluation_summary(evaluation, &summary));
    NULLS(aivc_evaluation_frame(NULL, 0, &figures));
    NULLS(aivc_evaluation_frame(evaluation, 0, NULL));
    figures.struct_size = 0;
    SIZE(aivc_evaluation_frame(evaluation, 0, &figures));
    figures.struct_size = sizeof figures;
    EXPECT(AIVC_STATUS_END, aivc_evaluation_frame(evaluation, (size_t)-1, &figures));
    NULLS(aivc_evaluation_json(evaluation, NULL));
    NULLS(aivc_evaluation_json(NULL, &json));
    CHECK(json == NULL);
    OK(aivc_evaluation_free(evaluation));
    OK(aivc_evaluation_free(NULL));
}

static void training(const char *folder) {
    const char *recipe = in_folder(folder, "misuse.toml");
    AivcTrainingOptions options;
    ZERO(AivcTrainingSummary, summary);
    write_file(recipe, "name = 3\n", 9);
    NULLS(aivc_training_options_init(NULL, sizeof options));
    SIZE(aivc_training_options_init(&options, 1));
    OK(aivc_training_options_init(&options, sizeof options));
    NULLS(aivc_train(NULL, &options, NULL, NULL, NULL));
    EXPECT(AIVC_STATUS_TRAINING, aivc_train(recipe, &options, NULL, NULL, NULL));
    EXPECT(AIVC_STATUS_IO, aivc_train("/nowhere/a.toml", NULL, NULL, NULL, NULL));
    options.start = 9;
    INVALID(aivc_train(recipe, &options, NULL, NULL, NULL));
    options.start = 0;
    options.backend = "abacus";
    INVALID(aivc_train(recipe, &options, NULL, NULL, NULL));
    options.struct_size = 0;
    SIZE(aivc_train(recipe, &options, NULL, NULL, NULL));
    summary.struct_size = 0;
    SIZE(aivc_train(recipe, NULL, NULL, NULL, &summary));
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    CHECK(*aivc_last_error_message() == '\0');
    library();
    models(argv[2]);
    formats();
    encoder_opening(argv[1]);
    encoder_use(argv[1]);
    decoders(argv[1]);
    whole_files(argv[1]);
    evaluations(argv[1]);
    training(argv[1]);
    free_frame(&frame);
    OK(aivc_model_free(model));
    return 0;
}
