/* Whole files, evaluation, models and training.
 *
 * usage: jobs CLIP.y4m FOLDER PICTURES MODEL|- FRAMES [WIDTH HEIGHT]
 * The folder gets tiny/tiny.safetensors, trained on the PNG files in PICTURES. */
#include "support.h"
#include <math.h>

typedef struct {
    uint64_t calls;
    uint64_t stop_at;
    uint64_t last;
} Watch;

static int32_t watch(void *user, const AivcProgress *progress) {
    Watch *watch = (Watch *)user;
    CHECK(progress->struct_size == sizeof *progress);
    CHECK(progress->frames >= watch->last);
    watch->last = progress->frames;
    return ++watch->calls == watch->stop_at;
}

static void models(void) {
    size_t count = 0;
    AivcBuiltinModel listed;
    AivcModelProperties opened;
    AivcModel *model = NULL;
    memset(&listed, 0, sizeof listed);
    memset(&opened, 0, sizeof opened);
    listed.struct_size = sizeof listed;
    opened.struct_size = sizeof opened;
    OK(aivc_builtin_model_count(&count));
    CHECK(count >= 1);
    for (size_t index = 0; index < count; index++) {
        OK(aivc_builtin_model(index, &listed));
        CHECK(*listed.description != '\0' && *listed.family != '\0');
        CHECK(listed.parameters > 0 && listed.weights_bytes > 0 && listed.quality_levels > 0);
        CHECK(listed.decoder_kmac_per_pixel > 0.0);
        OK(aivc_model_open(listed.name, "flex", &model));
        OK(aivc_model_properties(model, &opened));
        CHECK(strcmp(opened.weights_hash, listed.weights_hash) == 0);
        CHECK(strlen(opened.weights_hash) > 0 && strcmp(opened.backend, "flex") == 0);
        OK(aivc_model_free(model));
    }
    EXPECT(AIVC_STATUS_INVALID_ARGUMENT, aivc_builtin_model(count, &listed));
}

static void files(const char *folder, const char *original, size_t frames, const AivcModel *model) {
    const char *stream = in_folder(folder, "jobs.aivc");
    const char *video = in_folder(folder, "jobs.y4m");
    AivcEncodeSummary encoded;
    AivcDecodeSummary decoded;
    AivcDecoderConfig config;
    Watch counting = {0, 0, 0};
    Watch stopping = {0, 1, 0};
    memset(&encoded, 0, sizeof encoded);
    memset(&decoded, 0, sizeof decoded);
    encoded.struct_size = sizeof encoded;
    decoded.struct_size = sizeof decoded;
    OK(aivc_decoder_config_init(&config, sizeof config));
    config.model = model;

    remove(stream);
    EXPECT(AIVC_STATUS_CANCELLED,
           aivc_encode_file(original, stream, model, NULL, watch, &stopping, &encoded));
    CHECK(!file_exists(stream));
    OK(aivc_encode_file(original, stream, model, NULL, watch, &counting, &encoded));
    Bytes bytes = read_file(stream);
    CHECK(counting.calls == frames && encoded.frames == frames && encoded.bytes == bytes.size);
    CHECK(encoded.codec_seconds > 0.0 && encoded.duration_seconds > 0.0);

    remove(video);
    stopping.calls = stopping.last = 0;
    EXPECT(AIVC_STATUS_CANCELLED,
           aivc_decode_file(stream, video, &config, AIVC_DAMAGE_RESPONSE_STOP, watch, &stopping,
                            &decoded));
    CHECK(!file_exists(video));
    OK(aivc_decode_file(stream, video, &config, AIVC_DAMAGE_RESPONSE_STOP, NULL, NULL, &decoded));
    CHECK(decoded.frames == frames && decoded.damaged == 0 && decoded.repeated == 0);
    CHECK(decoded.index_status == AIVC_INDEX_STATUS_COMPLETE);
    CHECK(decoded.payload_bytes > 0 && decoded.payload_bytes < bytes.size);
    free(bytes.data);
}

static void evaluations(const char *folder, const char *original, size_t frames,
                        const AivcModel *model, const char *other_size) {
    const char *stream = in_folder(folder, "jobs.aivc");
    const char *video = in_folder(folder, "jobs.y4m");
    AivcEvaluationOptions options;
    AivcDecoderConfig config;
    AivcEvaluation *of_stream = NULL, *of_video = NULL, *none = NULL;
    AivcEvaluationSummary a, b;
    AivcFrameEvaluation frame;
    const char *json = NULL;
    Watch stopping = {0, 1, 0};
    uint64_t payload_bytes = 0;
    double psnr = 0.0;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    memset(&frame, 0, sizeof frame);
    a.struct_size = sizeof a;
    b.struct_size = sizeof b;
    frame.struct_size = sizeof frame;
    OK(aivc_evaluation_options_init(&options, sizeof options));
    OK(aivc_decoder_config_init(&config, sizeof config));
    config.model = model;
    options.timed_encodings = 1;

    OK(aivc_evaluate_stream(original, stream, &config, &options, NULL, NULL, &of_stream));
    OK(aivc_evaluation_summary(of_stream, &a));
    CHECK(a.frames == frames && a.bytes > a.payload_bytes && a.payload_bytes > 0);
    CHECK(a.bits_per_pixel > 0.0 && a.bits_per_second > 0.0);
    CHECK(a.decode_frames_per_second > 0.0 && a.encode_frames_per_second > 0.0);
    for (size_t index = 0; index < frames; index++) {
        OK(aivc_evaluation_frame(of_stream, index, &frame));
        CHECK(frame.frame == index);
        payload_bytes += frame.payload_bytes;
        psnr += frame.quality.psnr / (double)frames;
    }
    EXPECT(AIVC_STATUS_END, aivc_evaluation_frame(of_stream, frames, &frame));
    CHECK(payload_bytes == a.payload_bytes && fabs(psnr - a.quality.psnr) < 1e-9);
    OK(aivc_evaluation_json(of_stream, &json));
    CHECK(json[0] == '{' && strstr(json, "\"bits_per_pixel\"") != NULL);

    /* The decoded video is as good as the stream that it was decoded from. */
    OK(aivc_evaluate_video(original, video, &options, NULL, NULL, &of_video));
    OK(aivc_evaluation_summary(of_video, &b));
    for (int plane = 0; plane < 3; plane++) {
        CHECK(a.quality.psnr_planes[plane] == b.quality.psnr_planes[plane]);
    }
    CHECK(b.payload_bytes == 0 && isnan(b.encode_frames_per_second));
    OK(aivc_evaluation_free(of_stream));
    OK(aivc_evaluation_free(of_video));

    EXPECT(AIVC_STATUS_CANCELLED,
           aivc_evaluate_stream(original, stream, &config, NULL, watch, &stopping, &none));
    EXPECT(AIVC_STATUS_EVALUATION,
           aivc_evaluate_video(original, other_size, NULL, NULL, NULL, &none));
    EXPECT(AIVC_STATUS_IO, aivc_evaluate_stream(original, "/nowhere/a.aivc", &config, NULL, NULL,
                                                NULL, &none));
    CHECK(none == NULL);
}

typedef struct {
    int kinds[5];
    uint64_t cancel_after;
    int points;
} Run;

static int32_t follow(void *user, const AivcTrainingEvent *event) {
    Run *run = (Run *)user;
    CHECK(event->struct_size == sizeof *event && event->kind < 5 && event->steps == 4);
    run->kinds[event->kind]++;
    if (event->kind == AIVC_TRAINING_EVENT_KIND_STARTED) {
        CHECK(event->parameters > 0 && event->pictures > 0);
    }
    if (event->kind == AIVC_TRAINING_EVENT_KIND_MEANS) {
        CHECK(event->loss > 0.0 && event->learning_rate > 0.0 && event->samples_per_second > 0.0);
    }
    return event->kind == AIVC_TRAINING_EVENT_KIND_MEANS && event->step == run->cancel_after;
}

static const char RECIPE[] =
    "name = \"tiny\"\n"
    "output = \"tiny\"\n"
    "seed = 1\n"
    "model = { family = \"factorized\", transform = { blocks = 1, hidden = 8, latent = 8 } }\n"
    "loss = { lambda_lowest = 0.01, lambda_highest = 0.01 }\n"
    "[optimization]\n"
    "steps = 4\nbatch = 1\ncrop = 64\n"
    "learning_rate = { peak = 1e-3, last = 1e-4 }\n"
    "gradient_norm = 1.0\naveraging = 0.9\ncheckpoint_every = 1\nlog_every = 1\n"
    "[data]\n"
    "sources = [{ path = \"%s\", kind = \"pictures\", weight = 1.0 }]\n";

static void training(const char *folder, const char *pictures, const Clip *clip) {
    char text[4096];
    const char *recipe = in_folder(folder, "tiny.toml");
    AivcTrainingOptions options;
    AivcTrainingSummary summary;
    AivcModel *from_file = NULL, *from_memory = NULL;
    AivcModelProperties a, b;
    AivcDecoder *decoder = NULL;
    AivcDecoderConfig config;
    Run run;
    memset(&summary, 0, sizeof summary);
    memset(&run, 0, sizeof run);
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    summary.struct_size = sizeof summary;
    a.struct_size = sizeof a;
    b.struct_size = sizeof b;
    snprintf(text, sizeof text, RECIPE, pictures);
    write_file(recipe, text, strlen(text));
    OK(aivc_training_options_init(&options, sizeof options));
    options.start = AIVC_TRAINING_START_CHECKPOINT;
    EXPECT(AIVC_STATUS_TRAINING, aivc_train(recipe, &options, NULL, NULL, &summary));

    run.cancel_after = 2;
    EXPECT(AIVC_STATUS_CANCELLED, aivc_train(recipe, NULL, follow, &run, &summary));
    CHECK(summary.step == 2 && summary.steps == 4 && file_exists(summary.weights_path));
    CHECK(run.kinds[AIVC_TRAINING_EVENT_KIND_STARTED] == 1);
    CHECK(run.kinds[AIVC_TRAINING_EVENT_KIND_STEPPED] == 2);
    EXPECT(AIVC_STATUS_TRAINING, aivc_train(recipe, NULL, NULL, NULL, NULL));
    memset(&run, 0, sizeof run);
    OK(aivc_train(recipe, &options, follow, &run, &summary));
    CHECK(summary.step == 4 && summary.elapsed_seconds > 0.0);
    CHECK(run.kinds[AIVC_TRAINING_EVENT_KIND_STEPPED] == 2);
    CHECK(run.kinds[AIVC_TRAINING_EVENT_KIND_MEANS] == 2);

    /* What was trained codes, and a stream of it says which weights it needs. */
    OK(aivc_model_open(summary.weights_path, NULL, &from_file));
    Bytes weights = read_file(summary.weights_path);
    OK(aivc_model_from_memory(weights.data, weights.size, NULL, &from_memory));
    EXPECT(AIVC_STATUS_OK, aivc_model_properties(from_file, &a));
    OK(aivc_model_properties(from_memory, &b));
    CHECK(strcmp(a.name, "tiny") == 0 && strcmp(a.weights_hash, b.weights_hash) == 0);
    OK(aivc_model_free(from_memory));
    Bytes stream = encode_clip(clip, from_file, NULL);
    EXPECT(AIVC_STATUS_MODEL, aivc_decoder_open_memory(stream.data, stream.size, NULL, &decoder));
    CHECK(strstr(aivc_last_error_message(), a.weights_hash) != NULL);
    OK(aivc_decoder_config_init(&config, sizeof config));
    config.model = from_file;
    OK(aivc_decoder_open_memory(stream.data, stream.size, &config, &decoder));
    AivcFrame frame = allocate_frame(&clip->format, 0);
    OK(aivc_decoder_next_frame(decoder, &frame));
    free_frame(&frame);
    OK(aivc_decoder_free(decoder));

    /* Damaged weights are refused. */
    weights.data[weights.size / 2] ^= 1;
    EXPECT(AIVC_STATUS_MODEL,
           aivc_model_from_memory(weights.data, weights.size, NULL, &from_memory));
    EXPECT(AIVC_STATUS_MODEL,
           aivc_model_from_memory(weights.data, weights.size / 3, NULL, &from_memory));
    CHECK(from_memory == NULL);
    OK(aivc_model_free(from_file));
    free(weights.data);
    free(stream.data);
}

int main(int argc, char **argv) {
    CHECK(argc == 6 || argc == 8);
    const char *folder = argv[2];
    const int built_in = strcmp(argv[4], "-") == 0;
    const size_t frames = (size_t)atoi(argv[5]);
    const char *original = in_folder(folder, "original.y4m");
    const char *other_size = in_folder(folder, "small.y4m");
    AivcModel *model = NULL;
    Clip clip = read_clip(argv[1], frames, argc == 8 ? (uint32_t)atoi(argv[6]) : 0,
                          argc == 8 ? (uint32_t)atoi(argv[7]) : 0, 0);
    Clip small = read_clip(argv[1], 1, 24, 16, 0);
    write_y4m(original, &clip);
    write_y4m(other_size, &small);
    /* `in_folder` keeps eight paths. */
    char original_path[1024], other_path[1024];
    strcpy(original_path, original);
    strcpy(other_path, other_size);

    models();
    training(folder, argv[3], &small);
    OK(aivc_model_open(built_in ? NULL : argv[4], NULL, &model));
    files(folder, original_path, frames, model);
    evaluations(folder, original_path, frames, model, other_path);
    OK(aivc_model_free(model));
    free_clip(&small);
    free_clip(&clip);
    return 0;
}
