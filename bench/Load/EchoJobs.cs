using System.Globalization;
using System.Text;
using System.Text.Json;

namespace JobSystem.Bench.Load;

/// <summary>Request bodies, made before the clock starts. Every job carries its own number, so that its result can be checked.</summary>
public static class EchoJobs
{
    public static byte[] One(int number) => Encoding.UTF8.GetBytes(Job(number));

    public static byte[][] Batches(int jobs, int batch) =>
    [
        .. Enumerable.Range(0, jobs).Chunk(batch)
            .Select(numbers => Encoding.UTF8.GetBytes($$"""{"jobs":[{{string.Join(',', numbers.Select(Job))}}]}""")),
    ];

    public static IEnumerable<string> IdsOfBatch(byte[] answer)
    {
        using var document = JsonDocument.Parse(answer);
        return [.. document.RootElement.GetProperty("ids").EnumerateArray().Select(id => id.GetString()!)];
    }

    public static string IdOfJob(byte[] answer)
    {
        using var document = JsonDocument.Parse(answer);
        return document.RootElement.GetProperty("id").GetString()!;
    }

    public static bool IsResultOf(int number, JsonElement view) =>
        view.GetProperty("status").GetString() == "completed" && view.GetProperty("result").GetProperty("args")[0].GetInt32() == number;

    static string Job(int number) =>
        $$$"""{"task_name":"echo","args":[{{{number.ToString(CultureInfo.InvariantCulture)}}}],"kwargs":{"message":"hello"}}""";
}
