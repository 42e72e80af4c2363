using System.Text.Json;
using System.Text.Json.Serialization;
using JobSystem.Api;
using JobSystem.Client.Enqueueing;

namespace JobSystem.Client.Tests;

/// <summary>How jobs are written as arguments, by reflection and by generated code.</summary>
public sealed partial class JobWriterTests
{
    static readonly Shipment shipment = new(
        Guid.Parse("0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f"), 9.50m, new(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)), Carrier.ByRail, new("Ada", null), [new("x", 1)], null);

    const string Written = """{"order_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","total":9.50,"sent_at":"2026-01-02T03:04:05+02:00","carrier":"by_rail","to":{"name":"Ada","city":null},"parts":[{"item":"x","count":1}],"note":null}""";

    [Fact]
    public void Write_ByReflection_WritesWhatWorkersRead() => Assert.Equal(Written, Kwargs(new JobSystemClientOptions(), shipment));

    [Fact]
    public void Write_ByGeneratedCode_WritesTheSame() =>
        Assert.Equal(Written, Kwargs(new JobSystemClientOptions { TypeInfoResolver = ShipmentJson.Default }, shipment));

    [Fact]
    public void Write_OfATypeThatTheContextLacks_NamesIt() => Assert.StartsWith(
        "The TypeInfoResolver of the JobSystem client does not know RunNote: add [JsonSerializable(typeof(RunNote))]",
        Assert.Throws<InvalidOperationException>(() => Kwargs(new JobSystemClientOptions { TypeInfoResolver = ShipmentJson.Default }, new RunNote("x"))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Write_OfAList_SaysThatItHasNoMembers() => Assert.Contains(
        "NumberList is not written as a JSON object",
        Assert.Throws<InvalidOperationException>(() => Kwargs(new JobSystemClientOptions(), new NumberList())).Message, StringComparison.Ordinal);

    [Fact]
    public void Write_OfANumberThatJsonLacks_SaysSo() => Assert.StartsWith(
        "Measured cannot be written as JSON: ",
        Assert.Throws<InvalidOperationException>(() => Kwargs(new JobSystemClientOptions(), new Measured(double.NaN))).Message, StringComparison.Ordinal);

    [Fact]
    public void Write_Twice_HasKeysOfItsOwn()
    {
        var writer = new JobWriter(new(), null);

        Assert.NotEqual(writer.Write(shipment, null).IdempotencyKey, writer.Write(shipment, null).IdempotencyKey);
    }

    static string Kwargs(JobSystemClientOptions options, IJob job) =>
        JsonDocument.Parse(new JobWriter(options, null).Write(job, null).Json).RootElement.GetProperty("kwargs").GetRawText();

    [Job("ship")]
    internal sealed record Shipment(
        Guid OrderId, decimal Total, DateTimeOffset SentAt, Carrier Carrier, Receiver To, IReadOnlyList<Part> Parts, string? Note = "none") : IJob
    {
        public decimal Gross => Total * 2;
    }

    internal enum Carrier
    {
        ByRoad,
        ByRail,
    }

    internal sealed record Receiver(string Name, string? City)
    {
        public string Label => Name;
    }

    internal sealed record Part(string Item, int Count);

    [Job("numbers")]
    sealed class NumberList : List<int>, IJob;

    [Job("measured")]
    sealed record Measured(double Value) : IJob;

    [JsonSerializable(typeof(Shipment))]
    sealed partial class ShipmentJson : JsonSerializerContext;
}
