using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.Scheduler.Schedules;

/// <summary>GET /schedules: filters and pages.</summary>
static class ListSchedules
{
    static readonly string[] parameters = ["status", "tags", "task_name", "queue_name", "owner", "q", "limit", "offset", "cursor", "order_by", "order_dir"];

    public static async Task<Results<RecordAnswer<Page<Schedule>>, ProblemHttpResult>> Handle(
        HttpRequest http, CallerScope viewer, ScheduleLists lists, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var request = Read(new(http.Query, errors, parameters)) with { OnlyOwner = viewer.OnlyOwner };
        if (request.After is not null && (request.Offset > 0 || request.OrderBy != "created_at"))
        {
            errors.Expected("cursor", "neither offset nor another order than created_at beside it", request.Offset > 0 ? "offset" : $"order_by {request.OrderBy}");
        }
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list schedules");
        }
        var page = await lists.Page(request, cancellationToken);
        return new RecordAnswer<Page<Schedule>>(ToRecord(page, request), ApiJson.Default.PageSchedule);
    }

    static ScheduleListRequest Read(QueryReader query) => new()
    {
        Statuses = query.Words("status", ScheduleStatus.All),
        Tags = query.Texts("tags", "tags without commas", tag => tag.Length > 0),
        TaskName = query.Text("task_name", Names.ExpectedTask, Names.IsTask),
        QueueName = query.Text("queue_name", Names.ExpectedQueue, Names.IsQueue),
        Owner = query.Text("owner"),
        Text = query.Text("q", "a string of at most 200 characters", text => text.Length <= 200),
        Limit = query.Limit(),
        Offset = query.Offset(),
        After = PageCursor.ReadGuid(query),
        OrderBy = query.Word("order_by", ScheduleListRequest.Orders) ?? "created_at",
        Descending = query.Word("order_dir", ["asc", "desc"]) != "asc",
    };

    static Page<Schedule> ToRecord(ScheduleListPage page, ScheduleListRequest request) => new()
    {
        Items = [.. page.Items.Select(ScheduleView.ToRecord)],
        Total = page.Total,
        Number = (request.Offset / request.Limit) + 1,
        PageSize = request.Limit,
        Pages = (page.Total + request.Limit - 1) / request.Limit,
        NextCursor = request.OrderBy == "created_at" && page.Items.Count == request.Limit && page.Items is [.., var last]
            ? PageCursor.Write(last.CreatedAt, last.Id)
            : null,
    };
}
