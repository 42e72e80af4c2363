using JobSystem.Worker.Reporting;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Tests;

public sealed class JobLogTests
{
    readonly JobLog log = new();

    [Fact]
    public void Add_TooManyLines_KeepsTheFirstAndSaysSo()
    {
        for (var i = 0; i < 1500; i++)
        {
            Add($"line {i}");
        }
        var lines = log.TakeLines()!;
        Assert.Equal(1000, lines.Count);
        Assert.Equal("line 998", lines[998].Message);
        Assert.Equal(("warning", true), (lines[999].Level, lines[999].Message.StartsWith("Log truncated", StringComparison.Ordinal)));
    }

    [Fact]
    public void Add_TooMuchText_KeepsTheFirstAndSaysSo()
    {
        for (var i = 0; i < 100; i++)
        {
            Add(new('x', 10_000));
        }
        var lines = log.TakeLines()!;
        Assert.StartsWith("Log truncated", lines[^1].Message, StringComparison.Ordinal);
        Assert.InRange(lines.Sum(x => x.Message.Length), 250_000, 256 * 1024 + 200);
    }

    [Fact]
    public void Add_LongLine_IsCut()
    {
        Add(new('x', 100_000));
        Assert.EndsWith("… (line truncated)", log.TakeLines()!.Single().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_NulCharacter_IsReplaced()
    {
        Add("a\0b");
        Assert.Equal("a\uFFFDb", log.TakeLines()!.Single().Message);
    }

    [Fact]
    public void Take_Twice_GivesEachLineOnce()
    {
        Assert.True(Add("a"));
        Assert.False(Add("b"));
        Assert.Equal(["a", "b"], log.TakeLines()!.Select(x => x.Message));
        Assert.Null(log.TakeLines());
        Assert.True(Add("c"));
    }

    [Fact]
    public void PutBack_UnsentLines_StayInFront()
    {
        Add("a");
        var taken = log.TakeLines()!;
        Add("b");
        log.PutBack(taken);
        Assert.Equal(["a", "b"], log.TakeLines()!.Select(x => x.Message));
    }

    [Fact]
    public void Close_LaterLines_AreNotKept()
    {
        log.Close();
        Add("late");
        Assert.Null(log.TakeLines());
    }

    [Fact]
    public void Add_LargeFields_CountLikeText()
    {
        var fields = System.Text.Json.JsonSerializer.SerializeToElement(new { values = new { text = new string('x', 10_000) } });
        for (var i = 0; i < 100; i++)
        {
            log.Add(DateTimeOffset.UnixEpoch, LogLevel.Information, "short", fields);
        }
        var lines = log.TakeLines()!;
        Assert.InRange(lines.Count, 20, 30);
        Assert.StartsWith("Log truncated", lines[^1].Message, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, lines.Count), lines.Select(x => x.Line));
    }

    bool Add(string text) => log.Add(DateTimeOffset.UnixEpoch, LogLevel.Information, text);
}
